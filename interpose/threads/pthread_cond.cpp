// SPDX-License-Identifier: BSL-1.0
//
// libc's names for condition variables. A task waits by parking at the condition's address, where
// it is registered before the mutex is released, so that it misses no signal; a thread waits in
// libc. Who signals wakes one of each kind: a wake-up for no reason is something every waiter
// expects, a lost one is not. Who has been woken touches the condition no more, so it may be
// destroyed then.
#include "interpose/hook.hpp"
#include "interpose/threads/mutexes.hpp"
#include "interpose/threads/parked_call.hpp"
#include "interpose/threads/task_waits.hpp"

#include <weft/detail/wait_queue.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>

using namespace weft::interpose;

namespace {

using cond = pthread_cond_t;
using mutex = pthread_mutex_t;

constinit waiting_count waiting_tasks;

// Of a condition that other processes signal, of which nobody here is told: the wait ends without a
// reason after this time.
constexpr std::chrono::milliseconds longest_shared_wait{10};

int wait_as_task(cond& c, mutex& m, const time_limit& limit, const void* caller) {
    const auto deadline = deadline_of(limit);
    auto place = place_of("pthread_cond_wait", &c, deadline);
    if (libc::is_shared(c)) {
        look_again_after(longest_shared_wait, place);
    }
    int unlocked = 0;
    park_result end{};
    {
        const waiting_count::scope counted(waiting_tasks);
        end = weft::detail::park(
            place, []() noexcept { return true; },
            [&]() noexcept {
                unlocked = unlock_mutex(m);
                return unlocked == 0;
            });
    }
    if (unlocked != 0) {
        return unlocked;
    }
    const int locked = lock_mutex(m, caller);
    if (locked != 0) {
        return locked;
    }
    const bool timed_out = end.end == park_end::timed_out && place.deadline == deadline;
    return timed_out ? ETIMEDOUT : 0;
}

bool waits_as_task(const void* caller) noexcept {
    return is_task() && !never_waits_as_task(caller);
}

void wake_task(const cond* c) noexcept {
    if (waiting_tasks.any()) {
        weft::detail::unpark_one(c);
    }
}

} // namespace

WEFT_DEFINE(int, pthread_cond_wait, (cond * c, mutex* m)) {
    const void* const caller = __builtin_return_address(0);
    if (!waits_as_task(caller)) {
        const released_by_libc released(*m);
        return original<"pthread_cond_wait", int(cond*, mutex*)>::call(c, m);
    }
    return wait_as_task(*c, *m, {}, caller);
}

WEFT_DEFINE(int, pthread_cond_timedwait, (cond * c, mutex* m, const timespec* at)) {
    const void* const caller = __builtin_return_address(0);
    if (!waits_as_task(caller)) {
        const released_by_libc released(*m);
        return original<"pthread_cond_timedwait", int(cond*, mutex*, const timespec*)>::call(c, m,
                                                                                             at);
    }
    return is_valid(*at) ? wait_as_task(*c, *m, {libc::clock_of(*c), at}, caller) : EINVAL;
}

WEFT_DEFINE(int, pthread_cond_clockwait,
            (cond * c, mutex* m, clockid_t clock, const timespec* at)) {
    const void* const caller = __builtin_return_address(0);
    if (!waits_as_task(caller)) {
        const released_by_libc released(*m);
        return original<"pthread_cond_clockwait",
                        int(cond*, mutex*, clockid_t, const timespec*)>::call(c, m, clock, at);
    }
    return is_valid(*at) && is_waitable(clock) ? wait_as_task(*c, *m, {clock, at}, caller) : EINVAL;
}

WEFT_DEFINE(int, pthread_cond_signal, (cond * c)) {
    const int result = original<"pthread_cond_signal", int(cond*)>::call(c);
    wake_task(c);
    return result;
}

WEFT_DEFINE(int, pthread_cond_broadcast, (cond * c)) {
    const int result = original<"pthread_cond_broadcast", int(cond*)>::call(c);
    if (waiting_tasks.any()) {
        weft::detail::unpark_all(c);
    }
    return result;
}
