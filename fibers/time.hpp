// SPDX-License-Identifier: BSL-1.0
//
// Time as the kernel knows it: absolute points of the steady clock. Durations exist only at the
// edge of the public API, where they are turned into a deadline once.
#pragma once

#include <chrono>

namespace weft::fibers {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

// A deadline that does not come.
inline constexpr time_point never = time_point::max();

} // namespace weft::fibers
