// SPDX-License-Identifier: BSL-1.0
//
// Waiting for an address: the one way in which tasks of any loop and plain threads wait for the
// same thing. Whatever is used by both keeps its own state in a word and comes here only to sleep
// and to wake sleepers, so that it needs no queue of its own. Not for use by programs.
//
// Invariants: between the waiter's last look at the word (`still_wanted`) and its sleep no wake is
// lost, because both sides do it with the address's bucket locked. A waiter is woken once or not at
// all, and one that was woken and then cancelled learns both, and must hand the wake on. Wakers
// touch nothing at the address itself, so that a waiter may destroy what it waited for.
//
// Works before constructors and after destructors have run, and allocates nothing. Not to be called
// in signal handlers, but for anyone_parked().
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/wait_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace weft::detail {

enum class park_end : unsigned char { woken, refused, timed_out, cancelled };

struct park_result {
    park_end end;
    bool was_woken = false;     // true for `woken`, and beside `refused` and `cancelled` when a
                                // wake had come first: it is this waiter's, and to be handed on
    std::uintptr_t message = 0; // from who woke it
};

// One wait.
struct parking_place {
    const char* call; // for reports
    const void* address;
    clock::time_point deadline = clock::time_point::max();
    std::uintptr_t token = 0;          // what wakers are told of this waiter
    bool keep_cancels = false;         // a cancel is kept for the task's next blocking call
    bool repeat_cancels = false;       // a cancel ends this wait, and the task's next one as well
    wait_describer describe = nullptr; // null: names the address
};

// What the waiter does on its way to sleep. still_wanted: with the bucket locked, so it only looks
// at (and marks) the word; false: `refused`, at once. before_sleep: wakes are caught already, and
// the bucket is unlocked, so it may take its time, block and wake others; false: `refused`.
struct park_steps {
    void* context;
    bool (*still_wanted)(void* context) noexcept;
    bool (*before_sleep)(void* context) noexcept; // null: nothing
};

// Blocks the running task or, outside any loop, the thread, until it is woken at the address, the
// deadline comes or the task is cancelled; the latter is told, not thrown. A deadline that has
// passed: a task gives up a turn. On the loop's own stack: not_in_task, naming the call, or
// `timed_out` where that is due. A loop whose tasks all wait here sleeps on without deadlock_error,
// as another thread may wake them, unless the process has no other thread.
WEFT_API park_result park(const parking_place& place, const park_steps& steps);

template <class Wanted>
park_result park(const parking_place& place, Wanted still_wanted) {
    return park(place, {&still_wanted,
                        [](void* context) noexcept {
                            return static_cast<bool>((*static_cast<Wanted*>(context))());
                        },
                        nullptr});
}

template <class Wanted, class Before>
park_result park(const parking_place& place, Wanted still_wanted, Before before_sleep) {
    auto both = std::pair<Wanted&, Before&>(still_wanted, before_sleep);
    return park(place,
                {&both,
                 [](void* context) noexcept {
                     return static_cast<bool>(static_cast<decltype(both)*>(context)->first());
                 },
                 [](void* context) noexcept {
                     return static_cast<bool>(static_cast<decltype(both)*>(context)->second());
                 }});
}

// A waiter as its waker sees it.
struct parked_waiter {
    std::uintptr_t token;
    bool on_this_thread;        // a task that cannot run before the waker's thread lets it
    std::uintptr_t message = 0; // for the waiter
};

// What the waker does with the bucket locked. choose: asked for one waiter after the other, the
// longest waiting first; true: it is woken, false: it and those behind it are left. decided: once,
// before any of them can run, with how many there are and whether others are left.
struct unpark_steps {
    void* context;
    bool (*choose)(void* context, parked_waiter& waiter) noexcept;         // null: all are woken
    void (*decided)(void* context, std::size_t woken, bool more) noexcept; // null: nothing
};

// Wakes who waits at the address; any thread, never blocks. Returns how many.
WEFT_API std::size_t unpark(const void* address, const unpark_steps& steps) noexcept;

template <class Choose, class Decided>
std::size_t unpark(const void* address, Choose choose, Decided decided) noexcept {
    auto both = std::pair<Choose&, Decided&>(choose, decided);
    return unpark(address, {&both,
                            [](void* context, parked_waiter& waiter) noexcept {
                                return static_cast<decltype(both)*>(context)->first(waiter);
                            },
                            [](void* context, std::size_t woken, bool more) noexcept {
                                static_cast<decltype(both)*>(context)->second(woken, more);
                            }});
}

// Wakes the one that has waited longest.
WEFT_API std::size_t unpark_one(const void* address) noexcept;
WEFT_API std::size_t unpark_all(const void* address) noexcept;

// Whether anybody waits at any address: one relaxed load, for those who would wake somebody after
// each change of a word. Who asks after a full barrier (a locked instruction on the word) does not
// miss a waiter whose still_wanted saw the word unchanged.
WEFT_API bool anyone_parked() noexcept;

} // namespace weft::detail
