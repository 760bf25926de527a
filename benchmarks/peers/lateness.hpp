// SPDX-License-Identifier: BSL-1.0
// How late a sleeper woke: the samples of one run and what they come to.
#pragma once

#include "benchmarks/peers/answering.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace peers {

// sample_sleeps calls nap() (which sleeps for `span`) `count` times and answers with the spread of
// the lateness. The check is the number of sleeps that were not early.
template <class Nap>
answer sample_sleeps(std::int64_t count, std::chrono::nanoseconds span, Nap nap) {
    std::vector<std::int64_t> late;
    late.reserve(static_cast<std::size_t>(count));
    stopwatch whole;
    for (std::int64_t i = 0; i < count; ++i) {
        stopwatch one;
        nap();
        late.push_back(one.nanoseconds() - span.count());
    }
    answer result{.nanoseconds = whole.nanoseconds()};
    std::sort(late.begin(), late.end());
    auto at = [&](double share) {
        return static_cast<double>(late[static_cast<std::size_t>(share * (late.size() - 1.0))]);
    };
    result.check = std::count_if(late.begin(), late.end(), [](auto ns) { return ns >= 0; });
    result.counters = {{"late_median_us", at(0.5) / 1000},
                       {"late_p99_us", at(0.99) / 1000},
                       {"late_max_us", at(1) / 1000}};
    return result;
}

// nap_span: what is slept in that scenario, the same for every peer.
inline constexpr std::chrono::microseconds nap_span{200};

} // namespace peers
