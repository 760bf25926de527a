// SPDX-License-Identifier: BSL-1.0
//
// The scheduler's loop: when to look at timers, letters and events, when to sleep, and what to tidy
// up before.
#include "fibers/scheduler.hpp"

#include <algorithm>
#include <bit>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace weft::fibers {

namespace {

constexpr std::chrono::seconds surplus_check_interval{1};
constexpr std::size_t stacks_released_at_once = 32;
constexpr std::size_t stacks_looked_at_once = 16;
constexpr std::size_t stacks_looked_at_in_the_end = 1024;

} // namespace

run_result scheduler::run_until(const bool& finished, time_point limit) noexcept {
    const presence here(*this);
    letters_->awake(); // also where somebody else slept for us
    // This is the event loop.
    while (!finished) {
        if (ready_.empty()) {
            if (!sleep(limit)) {
                return run_result::deadlocked;
            }
        } else if (port_.watching()) {
            port_.poll();
        }
        const time_point end = run_series();
        if (end >= limit && !finished) {
            return run_result::out_of_time;
        }
    }
    trim_idle_stacks(stacks_looked_at_in_the_end);
    return run_result::finished;
}

void scheduler::serve(time_point until) noexcept {
    const presence here(*this);
    letters_->awake();
    const time_point now = port_.now();
    if (has_ready() || until <= now) {
        port_.poll();
    } else {
        trim_idle_stacks(stacks_looked_at_once);
        const time_point real_limit = until == never ? never : clock::now() + (until - now);
        wait(std::min(timers_.next(), until), real_limit, false);
    }
    run_series();
}

// Letters and timers that are due, then one series of turns. Returns when that ended.
time_point scheduler::run_series() noexcept {
    letters_->drain();
    if (!timers_.empty()) {
        timers_.fire(port_.now());
    }
    const time_point begin = clock::now();
    in_series_.store(true, std::memory_order_relaxed);
    run_ready();
    in_series_.store(host_ != nullptr, std::memory_order_relaxed); // a host's fibers go on
    const time_point end = clock::now();
    budget_turns(end - begin);
    count_lag(end - begin);
    return end;
}

bool scheduler::other_threads_may_wake() const noexcept {
#if __has_include(<sys/single_threaded.h>)
    return shared_waits_ > 0 && __libc_single_threaded == 0;
#else
    return shared_waits_ > 0;
#endif
}

// Sleeps until something may be ready. False when nothing ever can be.
bool scheduler::sleep(time_point limit) noexcept {
    const bool expects_events = !timers_.empty() || port_.watching() || other_threads_may_wake();
    if (!expects_events && !letters_->held()) {
        return letters_->drain();
    }
    const bool only_held = !expects_events;
    trim_idle_stacks(stacks_looked_at_once);
    time_point deadline = timers_.next();
    if (options_.real_time) {
        deadline = std::min(deadline, limit);
        if (release_surplus_stacks()) {
            deadline = std::min(deadline, next_surplus_check_);
        }
    } else if (deadline == never) {
        deadline = limit; // without a timer virtual time may jump there, and look again
    }
    wait(deadline, limit, only_held);
    return true;
}

void scheduler::wait(time_point deadline, time_point real_limit, bool only_while_held) noexcept {
    if (!letters_->prepare_to_sleep(only_while_held)) {
        return;
    }
    in_series_.store(false, std::memory_order_relaxed); // it was true with a host
    // Asked after the announcement: whoever lets go of the last hold from now on ends the sleep.
    if (!options_.real_time && letters_->held()) {
        port_.wait_outside(real_limit);
    } else {
        port_.wait(deadline);
    }
    letters_->awake();
    in_series_.store(host_ != nullptr, std::memory_order_relaxed);
}

void scheduler::trim_idle_stacks(std::size_t limit) noexcept {
    for (const auto& pool : pools_) {
        pool->trim_idle(limit);
    }
}

// Gives back some of the stacks that the last second did not need. True when there is more to do at
// next_surplus_check_.
bool scheduler::release_surplus_stacks() noexcept {
    const auto large = [](const auto& pool) { return pool->idle() > worker_pool::always_kept; };
    if (std::none_of(pools_.begin(), pools_.end(), large)) {
        return false;
    }
    const time_point now = port_.now();
    if (now >= next_surplus_check_) {
        bool more = false;
        for (const auto& pool : pools_) {
            more = pool->release_surplus(stacks_released_at_once) || more;
        }
        // In small portions, so that an event is never kept waiting by the cleaning.
        next_surplus_check_ = more ? now : now + surplus_check_interval;
    }
    return true;
}

void scheduler::count_lag(clock::duration series) noexcept {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(series).count();
    const auto width = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(us)));
    ++lags_[std::min(width, lag_classes - 1)];
}

std::size_t scheduler::stacks_in_use() const noexcept {
    std::size_t sum = 0;
    for (const auto& pool : pools_) {
        sum += pool->in_use();
    }
    return sum;
}

std::size_t scheduler::stacks_idle() const noexcept {
    std::size_t sum = 0;
    for (const auto& pool : pools_) {
        sum += pool->idle();
    }
    return sum;
}

// A series of turns should take about longest_series: cheap turns come in full series, of expensive
// ones only as many as fit.
void scheduler::budget_turns(clock::duration last_series) noexcept {
    if (last_series <= longest_series / 2) {
        turns_budget_ = std::min(turns_budget_ * 2, most_turns);
    } else if (last_series > longest_series) {
        const auto share = turns_budget_ * clock::duration(longest_series).count() /
                           std::max<clock::rep>(last_series.count(), 1);
        turns_budget_ = static_cast<int>(std::max<clock::rep>(share, 1));
    }
}

} // namespace weft::fibers
