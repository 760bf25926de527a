// SPDX-License-Identifier: BSL-1.0
// A crowd of tasks that all wait at once: what each holds before its first step and while it waits.
//
// All wait for one event, which is set when everything has been counted. Handles are the caller's
// own and are allocated and touched before the first reading; their size is no part of the figures.
// The memory is the process's own and what the kernel holds for it: page tables, stacks of threads,
// and objects (mappings, threads), of which it tells only the machine's sum.
#pragma once

#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/counted_phase.hpp"
#include "benchmarks/peers/guards.hpp"
#include "benchmarks/peers/memory_use.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <vector>

namespace peers {

// locked_event: the event of runtimes that have none. All wait until it is set.
template <class Mutex, class Condition>
class locked_event {
  public:
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return set_; });
    }
    void set() {
        std::lock_guard lock(mutex_);
        set_ = true;
        changed_.notify_all();
    }

  private:
    Mutex mutex_;
    Condition changed_;
    bool set_ = false;
};

// park_crowd: Runtime as for the programs of tasks.hpp, and Event has wait() and set().
template <class Runtime, class Event>
answer park_crowd(std::int64_t size) {
    typename Runtime::counter started{0};
    typename Runtime::counter ended{0};
    Event event;
    auto member = [&] {
        ++started;
        event.wait();
        ++ended;
    };
    std::vector<decltype(Runtime::start(member))> tasks(static_cast<std::size_t>(size));
    tasks.clear(); // the pages of the handles are touched now

    std::int64_t guards_before = count_guards().value_or(0);
    memory_use before = memory_use::now();
    stopwatch wall;
    cpu_stopwatch making;
    for (std::int64_t i = 0; i < size; ++i) {
        tasks.push_back(Runtime::start(member));
    }
    double made_ns = making.nanoseconds();
    std::int64_t started_already = started;
    memory_use made = started_already == 0 ? memory_use::now() : before;

    cpu_stopwatch parking;
    while (started < size) {
        Runtime::give_way();
    }
    Runtime::give_way(); // the last one has started, and now waits
    double parked_ns = parking.nanoseconds();
    memory_use parked = memory_use::now();
    auto guards = count_guards();

    cpu_stopwatch waking;
    event.set();
    for (auto& task : tasks) {
        Runtime::join(task);
    }
    double ended_ns = waking.nanoseconds();

    auto each = [&](double total) { return total / static_cast<double>(size); };
    answer result{.nanoseconds = wall.nanoseconds(), .check = ended};
    memory_use held = parked - before;
    result.counters = {
        {"total", each(held.resident + held.kernel())},
        {"resident", each(held.resident)},
        {"kernel", each(held.kernel())},
        {"create_ns", each(made_ns)},
        {"park_ns", each(parked_ns)},
        {"wake_ns", each(ended_ns)},
    };
    if (guards) {
        auto unguarded = std::max<std::int64_t>(0, size - (*guards - guards_before));
        result.counters.emplace_back("unguarded", static_cast<double>(unguarded));
    }
    if (started_already == 0) {
        // Part of it may lie in pages that were resident before: the larger of the two is the cost.
        memory_use pending = made - before;
        result.counters.emplace_back("unstarted",
                                     each(std::max(pending.resident, pending.allocated)));
    }
    return result;
}

} // namespace peers
