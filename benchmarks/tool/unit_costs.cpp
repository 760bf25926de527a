// SPDX-License-Identifier: BSL-1.0
// unit_costs: see the header. Here: the threads, and the line of JSON.
#include "benchmarks/tool/unit_costs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include <sched.h>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

double create_and_join(seconds limit) {
    return nanoseconds_each(limit, 16, [] { std::thread([] {}).join(); });
}

// Two threads take turns: `wait(me)` waits for one's own turn, `give(me)` ends it. Stopping is said
// and read only by the thread whose turn it is, so neither waits for a turn that never comes.
template <class Turns>
double hand_over(seconds limit) {
    Turns turns;
    bool stop = false;
    std::thread other([&] {
        for (bool last = false; !last;) {
            turns.wait(1);
            last = stop;
            turns.give(1);
        }
    });
    const double there_and_back = nanoseconds_each(limit, 128, [&turns] {
        turns.wait(0);
        turns.give(0);
    });
    turns.wait(0);
    stop = true;
    turns.give(0);
    other.join();
    return there_and_back / 2;
}

class turns_by_yield {
  public:
    void wait(int me) {
        while (turn_.load(std::memory_order_acquire) != me)
            ::sched_yield();
    }
    void give(int me) { turn_.store(1 - me, std::memory_order_release); }

  private:
    std::atomic<int> turn_{0};
};

class turns_by_wake {
  public:
    void wait(int me) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return turn_ == me; });
    }
    void give(int me) {
        {
            const std::lock_guard lock(mutex_);
            turn_ = 1 - me;
        }
        changed_.notify_one();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int turn_ = 0;
};

} // namespace

unit_costs thread_unit_costs(seconds limit) {
    return {create_and_join(limit), hand_over<turns_by_yield>(limit),
            hand_over<turns_by_wake>(limit)};
}

void measure_unit_costs(side which, seconds limit) {
    const unit_costs costs =
        which == side::fibers ? fiber_unit_costs(limit) : thread_unit_costs(limit);
    nlohmann::json line{{"event", "done"},
                        {"create_join_ns", costs.create_join},
                        {"switch_by_yield_ns", costs.switch_by_yield},
                        {"switch_ns", costs.switch_by_yield}};
    if (costs.switch_by_wake > 0) {
        line["switch_by_wake_ns"] = costs.switch_by_wake;
        line["switch_ns"] = std::min(costs.switch_by_yield, costs.switch_by_wake);
    }
    fmt::print("{}\n", line.dump());
    std::fflush(stdout);
}

} // namespace bench
