// SPDX-License-Identifier: BSL-1.0
// A millisecond of work for the processor: so many turns of a loop as the first call found to take
// that long. It is work and not a wait for the clock, so it takes longer when another thread has
// the core.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace peers {

inline void turn(std::int64_t times) {
    std::uint64_t state = 88'172'645'463'325'252u;
    for (; times > 0; --times) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        asm volatile("" : "+r"(state)); // each turn is made
    }
}

// The shortest of some samples: whatever comes between makes one longer, never shorter.
inline std::int64_t turns_in_a_millisecond() {
    using clock = std::chrono::steady_clock;
    constexpr std::int64_t sample = 100'000;
    auto shortest = clock::duration::max();
    for (int i = 0; i < 20; ++i) {
        const auto began = clock::now();
        turn(sample);
        shortest = std::min(shortest, clock::now() - began);
    }
    return sample * std::chrono::nanoseconds(std::chrono::milliseconds(1)) /
           std::chrono::nanoseconds(shortest);
}

inline void compute() {
    static const std::int64_t times = turns_in_a_millisecond();
    turn(times);
}

} // namespace peers
