// SPDX-License-Identifier: BSL-1.0
// Sizes and phases of the programs about gathering, timing out and cancelling, the same for every
// peer that takes part; asyncio_peer.py and go/scopes.go repeat them.
#pragma once

#include "benchmarks/peers/answering.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <time.h>

namespace peers {

// gather: so many callables that return their index at once.
inline constexpr std::int64_t gather_width = 100;

// with_timeout: limits that lie before, among and behind the timers that are armed, in turns, so
// that no order of a heap is met at its best only.
inline constexpr std::array<std::chrono::seconds, 4> time_limits{
    std::chrono::seconds(1), std::chrono::seconds(30), std::chrono::seconds(1800),
    std::chrono::seconds(7200)};

// armed_for: when the i-th of the armed timers is due: 10 s to about 4000 s from now, scattered.
inline std::chrono::milliseconds armed_for(std::int64_t i) {
    return std::chrono::milliseconds(10'000 + i * 7919 % 4'000'037);
}

// cpu_stopwatch: CPU time of this process since it was made. For a phase that begins with much
// standing ready that nobody wants to count.
class cpu_stopwatch {
  public:
    double nanoseconds() const { return now() - start_; }

  private:
    static double now() {
        timespec used{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
        return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
    }
    double start_ = now();
};

// counted_phase: an answer whose CPU time is that of a phase, and not all since the question.
inline answer counted_phase(const stopwatch& wall, const cpu_stopwatch& cpu,
                            std::int64_t operations, std::int64_t check) {
    double used = cpu.nanoseconds() / static_cast<double>(operations);
    return {.nanoseconds = wall.nanoseconds(), .check = check, .counters = {{"cpu_ns", used}}};
}

// scope_commands: "gather", "with_timeout" and its kin with so many timers armed, "cancel".
std::map<std::string, command> scope_commands();

} // namespace peers
