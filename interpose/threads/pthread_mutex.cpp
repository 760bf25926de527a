// SPDX-License-Identifier: BSL-1.0
//
// libc's names for mutexes. What waits for nothing and concerns no task's hold is libc's.
#include "interpose/hook.hpp"
#include "interpose/threads/alias.hpp"
#include "interpose/threads/mutexes.hpp"
#include "interpose/threads/task_waits.hpp"

using namespace weft::interpose;

WEFT_DEFINE(int, pthread_mutex_lock, (pthread_mutex_t * m)) {
    if (!weft::detail::may_suspend()) [[likely]] {
        return libc::counts_by_thread(*m) ? block_on_counted_mutex(*m, {}) : libc::lock(m);
    }
    return lock_mutex(*m, __builtin_return_address(0));
}

WEFT_DEFINE(int, pthread_mutex_trylock, (pthread_mutex_t * m)) {
    return try_lock_mutex(*m);
}

WEFT_DEFINE(int, pthread_mutex_timedlock, (pthread_mutex_t * m, const timespec* at)) {
    return lock_mutex_until(*m, {CLOCK_REALTIME, at}, __builtin_return_address(0));
}

WEFT_DEFINE(int, pthread_mutex_clocklock,
            (pthread_mutex_t * m, clockid_t clock, const timespec* at)) {
    return lock_mutex_until(*m, {clock, at}, __builtin_return_address(0));
}

WEFT_DEFINE(int, pthread_mutex_unlock, (pthread_mutex_t * m)) {
    return unlock_mutex(*m);
}

WEFT_ALIAS(pthread_mutex_lock, __pthread_mutex_lock)
WEFT_ALIAS(pthread_mutex_trylock, __pthread_mutex_trylock)
WEFT_ALIAS(pthread_mutex_unlock, __pthread_mutex_unlock)
