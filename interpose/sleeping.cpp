// SPDX-License-Identifier: BSL-1.0
//
// Sleeping, and waiting for signals.
#include "interpose/hook.hpp"

#include <csignal>
#include <ctime>

#include <threads.h>
#include <unistd.h>

using weft::interpose::main_state;
using weft::interpose::state_of_main;

WEFT_HOOK(ended, int, usleep, usleep, (useconds_t time), (time))
WEFT_HOOK(ended, int, nanosleep, nanosleep, (const timespec* time, timespec* left), (time, left))
WEFT_HOOK(ended, int, __nanosleep, nanosleep, (const timespec* time, timespec* left), (time, left))
WEFT_HOOK(ended, int, clock_nanosleep, clock_nanosleep,
          (clockid_t clock, int flags, const timespec* time, timespec* left),
          (clock, flags, time, left))

WEFT_DEFINE(unsigned, sleep, (unsigned seconds)) {
    if (!weft::detail::may_suspend()) {
        return WEFT_ORIGINAL(unsigned, sleep, (unsigned))::call(seconds);
    }
    if (state_of_main() == main_state::elsewhere) {
        return weft::posix::sleep(seconds);
    }
    timespec time{static_cast<time_t>(seconds), 0};
    return weft_hook_nanosleep(&time, &time) == 0 ? 0 : static_cast<unsigned>(time.tv_sec);
}

// libc's own sleeps by an inner name.
WEFT_DEFINE(int, thrd_sleep, (const timespec* time, timespec* left)) {
    const int error = weft_hook_clock_nanosleep(CLOCK_REALTIME, 0, time, left);
    return error == 0 ? 0 : error == EINTR ? -1 : -2;
}

WEFT_HOOK(in_thread, int, pause, pause, (), ())
WEFT_HOOK(in_thread, int, sigsuspend, sigsuspend, (const sigset_t* mask), (mask))
WEFT_HOOK(in_thread, int, __sigsuspend, sigsuspend, (const sigset_t* mask), (mask))
WEFT_HOOK(in_thread, int, sigwait, sigwait, (const sigset_t* set, int* signal), (set, signal))
WEFT_HOOK(in_thread, int, sigwaitinfo, sigwaitinfo, (const sigset_t* set, siginfo_t* info),
          (set, info))
WEFT_HOOK(in_thread, int, sigtimedwait, sigtimedwait,
          (const sigset_t* set, siginfo_t* info, const timespec* timeout), (set, info, timeout))
