// SPDX-License-Identifier: BSL-1.0
//
// libc's names for condition variables.
#include "interpose/hook.hpp"
#include "interpose/threads/conditions.hpp"

using namespace weft::interpose;

using cond = pthread_cond_t;
using mutex = pthread_mutex_t;

WEFT_DEFINE(int, pthread_cond_wait, (cond * c, mutex* m)) {
    return wait_for_signal(*c, *m, __builtin_return_address(0));
}

WEFT_DEFINE(int, pthread_cond_timedwait, (cond * c, mutex* m, const timespec* at)) {
    return wait_for_signal_until(*c, *m, at, __builtin_return_address(0));
}

WEFT_DEFINE(int, pthread_cond_clockwait,
            (cond * c, mutex* m, clockid_t clock, const timespec* at)) {
    return wait_for_signal_until(*c, *m, {clock, at}, __builtin_return_address(0));
}

WEFT_DEFINE(int, pthread_cond_signal, (cond * c)) {
    return signal_one(*c);
}

WEFT_DEFINE(int, pthread_cond_broadcast, (cond * c)) {
    return signal_all(*c);
}
