// SPDX-License-Identifier: BSL-1.0
// What the programs agree on that are about gathering, timing out and cancelling, the same for
// every peer that takes part; python_scopes.py and go/scopes.go repeat it.
#pragma once

#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/counted_phase.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace peers {

// with_timeout: limits that lie before, among and behind the timers that are armed, in turns, so
// that no order of a heap is met at its best only.
inline constexpr std::array<std::chrono::seconds, 4> time_limits{
    std::chrono::seconds(1), std::chrono::seconds(30), std::chrono::seconds(1800),
    std::chrono::seconds(7200)};

// armed_for: when the i-th of the armed timers is due: 10 s to about 4000 s from now, scattered.
inline std::chrono::milliseconds armed_for(std::int64_t i) {
    return std::chrono::milliseconds(10'000 + i * 7919 % 4'000'037);
}

// timers: every second one fires, due 1 to 20 ms from now, scattered; the others are cancelled when
// all are armed, long before they are due, as most timers of a server are.
constexpr bool fires(std::int64_t i) {
    return i % 2 == 0;
}
inline std::chrono::microseconds due_in(std::int64_t i) {
    auto scattered = static_cast<std::int64_t>(static_cast<std::uint32_t>(i) * 2654435761U);
    return std::chrono::microseconds(fires(i) ? 1'000 + scattered % 19'000
                                              : 10'000'000 + scattered % 10'000'000);
}

// gather_all: the operations are children, gathered `width` at a time; the last time, what is left.
// Gather(n) gathers n children that return their indices at once, and returns the sum.
template <class Gather>
answer gather_all(std::int64_t operations, std::int64_t width, Gather gather) {
    std::int64_t sum = 0;
    stopwatch watch;
    for (std::int64_t left = operations; left > 0; left -= width) {
        sum += gather(std::min(width, left));
    }
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

// scope_commands: "gather" (size: the width), "with_timeout" (size: timers armed meanwhile),
// "cancel" and "timers" (operations: tasks, timers); those that a runtime has not are left out.
std::map<std::string, command> scope_commands();

} // namespace peers
