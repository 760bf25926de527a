// SPDX-License-Identifier: BSL-1.0
//
// What the environment says about runs: WEFT_DEBUG=1 turns the debug mode on, WEFT_SHUFFLE_SEED=N
// shuffles runs that have no seed of their own.
#pragma once

#include <weft/run.hpp>

namespace weft::detail {

// Throws std::invalid_argument when a variable's value makes no sense.
run_options with_environment(run_options options);

} // namespace weft::detail
