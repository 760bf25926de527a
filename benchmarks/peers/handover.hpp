// SPDX-License-Identifier: BSL-1.0
// What two tasks hand to one another: items through a queue, a lock, a semaphore, a future's value.
//
// The programs stand here once, and each C++ runtime brings only its own types, so that all of them
// do the same steps. Whatever is handed over arrives at a task that waits for it: where a runtime
// lets a task take a lock twice in a row (barging), the yields of the program give the other its
// turn, and the check tells whether it had it.
#pragma once

#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/turns.hpp"

#include <cstdint>

namespace peers {

inline constexpr std::size_t queue_capacity = 128;

// In all of these, pair(a, b) runs the bodies a and b as two tasks and returns when both have
// ended.

// pass_items: one producer, one consumer. Queue has put(std::int64_t) and get(), both blocking. The
// check is the sum of the items.
template <class Queue, class Pair>
answer pass_items(std::int64_t operations, Pair pair) {
    Queue queue(queue_capacity);
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

// take_turns_under_a_lock: a task yields while it holds the lock, so that the other one comes to
// wait for it, and once more after the release, so that the other one has it. One operation is one
// acquisition. take() and give() are lock and unlock, or acquire and release. The check counts how
// often the holder changed.
template <class Pair, class Take, class Give, class Yield>
answer take_turns_under_a_lock(std::int64_t operations, Pair pair, Take take, Give give,
                               Yield yield) {
    turns holders;
    auto player = [&](int who) {
        for (std::int64_t i = 0, n = (operations + who) / 2; i < n; ++i) {
            take();
            holders.note(who);
            yield();
            give();
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

// handover_commands: each runtime's own, under the names "queue", "mutex", "semaphore",
// "ping_pong" and "future"; those that it has not are left out.
std::map<std::string, command> handover_commands();

} // namespace peers
