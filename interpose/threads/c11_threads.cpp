// SPDX-License-Identifier: BSL-1.0
//
// libc's names of <threads.h>. Its objects are pthread's; libc calls those by inner names, so each
// is written here once more. thrd_sleep() is with the other sleeps.
#include "interpose/hook.hpp"
#include "interpose/threads/conditions.hpp"
#include "interpose/threads/joins.hpp"
#include "interpose/threads/mutexes.hpp"
#include "interpose/threads/onces.hpp"

#include <cerrno>
#include <cstdint>

using namespace weft::interpose;

namespace {

// glibc's thrd_success and so on.
enum answer : int { success, busy, error, no_memory, timed_out };

int as_answer(int error_number) noexcept {
    switch (error_number) {
    case 0:
        return success;
    case EBUSY:
        return busy;
    case ENOMEM:
        return no_memory;
    case ETIMEDOUT:
        return timed_out;
    default:
        return error;
    }
}

using mutex = pthread_mutex_t;
using cond = pthread_cond_t;

} // namespace

WEFT_DEFINE(int, mtx_lock, (mutex * m)) {
    return as_answer(lock_mutex(*m, __builtin_return_address(0)));
}

WEFT_DEFINE(int, mtx_timedlock, (mutex * m, const timespec* at)) {
    return as_answer(lock_mutex_until(*m, {CLOCK_REALTIME, at}, __builtin_return_address(0)));
}

WEFT_DEFINE(int, mtx_trylock, (mutex * m)) {
    return as_answer(try_lock_mutex(*m));
}

WEFT_DEFINE(int, mtx_unlock, (mutex * m)) {
    return as_answer(unlock_mutex(*m));
}

WEFT_DEFINE(int, cnd_wait, (cond * c, mutex* m)) {
    return as_answer(wait_for_signal(*c, *m, __builtin_return_address(0)));
}

WEFT_DEFINE(int, cnd_timedwait, (cond * c, mutex* m, const timespec* at)) {
    return as_answer(wait_for_signal_until(*c, *m, at, __builtin_return_address(0)));
}

WEFT_DEFINE(int, cnd_signal, (cond * c)) {
    return as_answer(signal_one(*c));
}

WEFT_DEFINE(int, cnd_broadcast, (cond * c)) {
    return as_answer(signal_all(*c));
}

WEFT_DEFINE(void, call_once, (pthread_once_t * control, void (*routine)())) {
    run_once(*control, routine, __builtin_return_address(0));
}

WEFT_DEFINE(int, thrd_join, (pthread_t thread, int* result)) {
    void* value = nullptr;
    const int joined = join_thread(thread, &value);
    if (joined == 0 && result != nullptr) {
        *result = static_cast<int>(reinterpret_cast<std::intptr_t>(value));
    }
    return as_answer(joined);
}
