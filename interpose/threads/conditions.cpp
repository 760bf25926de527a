// SPDX-License-Identifier: BSL-1.0
#include "interpose/threads/conditions.hpp"

#include "interpose/threads/mutexes.hpp"
#include "interpose/threads/parked_call.hpp"
#include "interpose/threads/task_waits.hpp"

#include <cerrno>
#include <chrono>

namespace weft::interpose {

namespace {

using libc::cond;
using libc::mutex;

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
        end = detail::park(
            place, []() noexcept { return true; },
            [&]() noexcept {
                unlocked = unlock_mutex(m);
                return unlocked == 0;
            });
    }
    if (unlocked != 0) {
        if (end.was_woken) {
            detail::unpark_one(&c); // another one's signal
        }
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

} // namespace

int wait_for_signal(cond& c, mutex& m, const void* caller) {
    if (!waits_as_task(caller)) {
        const released_by_libc released(m);
        return libc::wait(&c, &m);
    }
    return wait_as_task(c, m, {}, caller);
}

int wait_for_signal_until(cond& c, mutex& m, const timespec* at, const void* caller) {
    if (!waits_as_task(caller)) {
        const released_by_libc released(m);
        return libc::timed_wait(&c, &m, at);
    }
    return is_valid(*at) ? wait_as_task(c, m, {libc::clock_of(c), at}, caller) : EINVAL;
}

int wait_for_signal_until(cond& c, mutex& m, const time_limit& limit, const void* caller) {
    if (!waits_as_task(caller)) {
        const released_by_libc released(m);
        return libc::clock_wait(&c, &m, limit.clock, limit.at);
    }
    return is_valid(*limit.at) && is_waitable(limit.clock) ? wait_as_task(c, m, limit, caller)
                                                           : EINVAL;
}

int signal_one(cond& c) noexcept {
    const int result = libc::signal(&c);
    if (waiting_tasks.any()) {
        detail::unpark_one(&c);
    }
    return result;
}

int signal_all(cond& c) noexcept {
    const int result = libc::broadcast(&c);
    if (waiting_tasks.any()) {
        detail::unpark_all(&c);
    }
    return result;
}

} // namespace weft::interpose
