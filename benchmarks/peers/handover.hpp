// SPDX-License-Identifier: BSL-1.0
// What two tasks hand to one another: items through a queue, a semaphore, a future's value,
// those of a generator.
//
// The programs stand here once, and each C++ runtime brings only its own types, so that all of them
// do the same steps. Whatever is handed over arrives at a task that waits for it: where a runtime
// lets a task take a semaphore twice in a row (barging), the yields of the program give the other
// its turn, and the check tells whether it had it.
#pragma once

#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/turns.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <string>

namespace peers {

// locked_queue: the queue of the textbooks, a mutex and two condition variables, for runtimes that
// have none, or none without a bound.
template <class Mutex, class Condition>
class locked_queue {
  public:
    explicit locked_queue(std::size_t capacity) // 0: no bound
        : capacity_(capacity == 0 ? std::numeric_limits<std::size_t>::max() : capacity) {}
    void put(std::int64_t item) {
        std::unique_lock lock(mutex_);
        not_full_.wait(lock, [this] { return items_.size() < capacity_; });
        items_.push_back(item);
        not_empty_.notify_one();
    }
    std::int64_t get() {
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [this] { return !items_.empty(); });
        std::int64_t item = items_.front();
        items_.pop_front();
        not_full_.notify_one();
        return item;
    }

  private:
    std::size_t capacity_;
    Mutex mutex_;
    Condition not_full_;
    Condition not_empty_;
    std::deque<std::int64_t> items_;
};

// In all of these, pair(a, b) runs the bodies a and b as two tasks and returns when both have
// ended.

// pass_items: one producer, one consumer. Queue has put(std::int64_t) and get(), both blocking, and
// is made with its capacity, 0 for no bound. The check is the sum of the items.
template <class Queue, class Pair>
answer pass_items(std::int64_t operations, std::int64_t capacity, Pair pair) {
    Queue queue(static_cast<std::size_t>(capacity));
    std::int64_t sum = 0;
    stopwatch watch;
    pair(
        [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                queue.put(i);
            }
        },
        [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                sum += queue.get();
            }
        });
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

// take_turns: two tasks share a semaphore of one. Each yields while it holds it, so that the other
// comes to wait for it, and once more after the release, so that the other has it. One operation is
// one acquisition. The check counts how often the holder changed.
template <class Semaphore, class Pair, class Yield>
answer take_turns(std::int64_t operations, Pair pair, Yield yield) {
    Semaphore one(1);
    turns holders;
    auto player = [&](int who) {
        for (std::int64_t i = 0, n = (operations + who) / 2; i < n; ++i) {
            one.acquire();
            holders.note(who);
            yield();
            one.release();
            yield();
        }
    };
    stopwatch watch;
    pair([&] { player(0); }, [&] { player(1); });
    return {.nanoseconds = watch.nanoseconds(), .check = holders.alternations()};
}

// play_ping_pong: each task wakes the other through that one's semaphore and waits at its own. One
// operation is one release and one acquire that had to wait. Semaphore has acquire() and release().
template <class Semaphore, class Pair>
answer play_ping_pong(std::int64_t operations, Pair pair) {
    Semaphore first(1);
    Semaphore second(0);
    turns turns;
    auto player = [&](int who, Semaphore& mine, Semaphore& others) {
        for (std::int64_t i = 0, n = (operations + 1 - who) / 2; i < n; ++i) {
            mine.acquire();
            turns.note(who);
            others.release();
        }
    };
    stopwatch watch;
    pair([&] { player(0, first, second); }, [&] { player(1, second, first); });
    return {.nanoseconds = watch.nanoseconds(), .check = turns.alternations()};
}

// answer_by_futures: a task waits for the value in its own future, makes itself a new one, and sets
// the other's to one more. One operation is a future's whole life: made, waited for, set, read.
// Promise has set(std::int64_t) and get(), and a default constructor that makes a fresh one. The
// check is the last value.
template <class Promise, class Pair>
answer answer_by_futures(std::int64_t operations, Pair pair) {
    Promise waiting[2];
    std::int64_t last = 0;
    auto player = [&](int who) {
        for (std::int64_t i = 0, n = (operations + 1 - who) / 2; i < n; ++i) {
            std::int64_t value = waiting[who].get();
            waiting[who] = Promise();
            last = value + 1;
            waiting[1 - who].set(last);
        }
    };
    stopwatch watch;
    waiting[0].set(0);
    pair([&] { player(0); }, [&] { player(1); });
    return {.nanoseconds = watch.nanoseconds(), .check = last};
}

// pull: a generator's values are added up by the task that reads it. Make(count) returns something
// to read in a range-for: 0, 1, ... count-1.
template <class Make>
answer pull(std::int64_t operations, Make make) {
    std::int64_t sum = 0;
    stopwatch watch;
    auto values = make(operations);
    for (std::int64_t value : values) {
        sum += value;
    }
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

// pull_from_another: the generator of runtimes that have none: a task that hands each value over
// and goes on when the next is asked for. Semaphore as for play_ping_pong().
template <class Semaphore, class Pair>
answer pull_from_another(std::int64_t operations, Pair pair) {
    Semaphore asked(0);
    Semaphore made(0);
    std::int64_t value = 0;
    std::int64_t sum = 0;
    stopwatch watch;
    pair(
        [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                asked.acquire();
                value = i;
                made.release();
            }
        },
        [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                asked.release();
                made.acquire();
                sum += value;
            }
        });
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

// handover_commands: each runtime's own, under the names "queue" (size: its capacity, 0 without a
// bound), "semaphore", "ping_pong", "future" and "generator"; those that it has not are left out.
std::map<std::string, command> handover_commands();

} // namespace peers
