// SPDX-License-Identifier: BSL-1.0
// What the demo compares: its blocks, their metrics and cases, still without figures.
//
// Invariant: every figure that a report shows is declared here, with its label, its unit and which
// direction is the good one.
#pragma once

#include "benchmarks/tool/results.hpp"

#include <array>

namespace bench {

inline constexpr std::array held_connections{10, 100, 1'000, 10'000};
inline constexpr int waiting_requests = 10'000;
inline constexpr int all_cores_connections = 1'000;
inline constexpr int requests_in_flight = 64;

// From how many connections on the kernel's own objects can be told from the noise of its counters.
inline constexpr int kernel_objects_visible_from = 1'000;

block connections_block();
block waiting_block();
block unit_costs_block();
block all_cores_block(std::size_t cores);

} // namespace bench
