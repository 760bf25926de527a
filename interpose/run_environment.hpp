// SPDX-License-Identifier: BSL-1.0
//
// How weft-run tells the library in the program it starts: by the environment, which is all that
// survives exec. LD_PRELOAD gets the library's path in front, and a variable of our own says which
// process is meant and whether there was an LD_PRELOAD before.
#pragma once

namespace weft::interpose {

// WEFT_RUN_PROCESS=123 or, where LD_PRELOAD was set, WEFT_RUN_PROCESS=123+
inline constexpr char run_variable[] = "WEFT_RUN_PROCESS";

// Puts the environment back to what weft-run was given, in place. True when this process is the one
// that weft-run has become; a child of it that could not do this itself (a static program's) is
// not.
bool take_out_of_environment(char** environment) noexcept;

} // namespace weft::interpose
