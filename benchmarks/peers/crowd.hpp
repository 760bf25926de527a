// SPDX-License-Identifier: BSL-1.0
// A crowd of tasks that all sleep at once: what each costs before its first step and while parked.
//
// Handles are the caller's own and are allocated and touched before the first reading; their size
// is no part of the figures. The naps are long enough that the last task parks before the first
// wakes, or the run is refused. Each phase is counted in CPU time, since the naps are idle.
#pragma once

#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/guards.hpp"
#include "benchmarks/peers/memory_use.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>

#include <time.h>

namespace peers {

inline std::int64_t cpu_nanoseconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

// crowd_nap: two seconds, and eight microseconds for each task that has to be made and parked.
inline std::chrono::microseconds crowd_nap(std::int64_t size) {
    return std::chrono::microseconds(2'000'000 + 8 * size);
}

// A Host runs the crowd: start(member) makes a task that calls member(), nap(d) sleeps in the
// calling task, join() waits for all. Members of one crowd may run on several threads only if
// Counter is atomic.
template <class Counter, class Host>
answer park_crowd(std::int64_t size, Host host) {
    Counter started{0};
    Counter ended{0};
    Counter early{0};
    auto nap = crowd_nap(size);
    auto member = [&] {
        ++started;
        stopwatch slept;
        host.nap(nap);
        early += std::chrono::nanoseconds(slept.nanoseconds()) < nap;
        ++ended;
    };

    std::int64_t guards_before = count_guards().value_or(0);
    memory_use before = memory_use::now();
    std::int64_t cpu_before = cpu_nanoseconds();
    for (std::int64_t i = 0; i < size; ++i) {
        host.start(member);
    }
    std::int64_t cpu_made = cpu_nanoseconds();
    memory_use made = memory_use::now();
    std::int64_t started_already = started;

    std::int64_t cpu_parking = cpu_nanoseconds();
    while (started < size) {
        host.nap(std::chrono::milliseconds(10));
    }
    std::int64_t cpu_parked = cpu_nanoseconds();
    memory_use parked = memory_use::now();
    auto guards = count_guards();
    if (ended > 0) {
        throw std::runtime_error("the first tasks woke before the last were parked");
    }

    std::int64_t cpu_waking = cpu_nanoseconds();
    host.join();
    std::int64_t cpu_ended = cpu_nanoseconds();

    auto each = [&](double total) { return total / static_cast<double>(size); };
    std::int64_t made_ns = cpu_made - cpu_before;
    std::int64_t parked_ns = cpu_parked - cpu_parking;
    std::int64_t ended_ns = cpu_ended - cpu_waking;
    answer result{.nanoseconds = made_ns + parked_ns + ended_ns, .check = ended};
    result.counters = {
        {"resident", each(parked.resident - before.resident)},
        {"page_tables", each(parked.page_tables - before.page_tables)},
        {"early", static_cast<double>(early)},
        {"create_ns", each(static_cast<double>(made_ns))},
        {"park_ns", each(static_cast<double>(parked_ns))},
        {"wake_ns", each(static_cast<double>(ended_ns))},
    };
    if (guards) {
        auto unguarded = std::max<std::int64_t>(0, size - (*guards - guards_before));
        result.counters.emplace_back("unguarded", static_cast<double>(unguarded));
    }
    if (started_already == 0) {
        // Part of it may lie in pages that were resident before: the larger of the two is the cost.
        double held = std::max(made.resident - before.resident, made.allocated - before.allocated);
        result.counters.emplace_back("unstarted", each(held));
    }
    return result;
}

} // namespace peers
