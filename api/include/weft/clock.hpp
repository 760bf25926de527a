// SPDX-License-Identifier: BSL-1.0
//
// The clock of every deadline and duration in weft.
#pragma once

#include <chrono>

namespace weft {

// Deadlines are points of this clock, which never jumps; asyncio: loop.time().
using clock = std::chrono::steady_clock;

} // namespace weft
