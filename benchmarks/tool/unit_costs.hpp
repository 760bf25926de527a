// SPDX-License-Identifier: BSL-1.0
// What one fiber and one thread cost by themselves, with no I/O: creating and joining one, and
// handing the core from one to another.
//
// Invariant: a switch is counted only when the other one really ran. sched_yield may return to its
// caller at once, so threads count hand-overs that were seen, not calls; both ways that threads
// have of handing over are measured and the faster one stands for them.
#pragma once

#include "benchmarks/tool/side.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace bench {

struct unit_costs { // nanoseconds
    double create_join = 0;
    double switch_by_yield = 0;
    double switch_by_wake = 0; // 0: not measured
};

// Each of the figures gets `seconds`.
unit_costs fiber_unit_costs(std::chrono::duration<double> seconds);
unit_costs thread_unit_costs(std::chrono::duration<double> seconds);

// measure_unit_costs prints the figures as a line of JSON: the whole of a process of its own.
void measure_unit_costs(side, std::chrono::duration<double> seconds);

// nanoseconds_each calls `operation` in short runs of `run_length` until the time is over and
// returns what one call takes in the median run, so that a run cut by another process counts for
// nothing.
template <class Operation>
double nanoseconds_each(std::chrono::duration<double> limit, int run_length, Operation operation) {
    using clock = std::chrono::steady_clock;
    std::vector<double> runs;
    const auto begin = clock::now();
    for (auto now = begin; now - begin < limit;) {
        for (int i = 0; i < run_length; ++i)
            operation();
        const auto end = clock::now();
        runs.push_back(std::chrono::duration<double, std::nano>(end - now).count() / run_length);
        now = end;
    }
    const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
    std::nth_element(runs.begin(), middle, runs.end());
    return *middle;
}

} // namespace bench
