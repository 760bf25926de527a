// SPDX-License-Identifier: BSL-1.0
#include "interpose/interruption.hpp"

#include <weft/detail/suspension.hpp>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace weft::interpose {

namespace {

// Shared with the thread's own signal handlers.
struct main_signals {
    volatile bool kept_any = false;
    int cancel_state = PTHREAD_CANCEL_ENABLE; // the program's, while main waits
    volatile wait_end last_wait = wait_end::undisturbed;
    sigset_t kept{};
};

thread_local constinit main_signals here;

} // namespace

void keep_for_later(int signal_number, siginfo_t& info, ucontext_t& interrupted) noexcept {
    const int error_number = errno;
    // First blocked, for a handler may have asked for SA_NODEFER; and blocked it stays, because the
    // mask that this handler returns to says so.
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
    sigaddset(&interrupted.uc_sigmask, signal_number);
    ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), ::gettid(), signal_number, &info);
    if (!here.kept_any) {
        sigemptyset(&here.kept);
        here.kept_any = true;
    }
    sigaddset(&here.kept, signal_number);
    // The wait that is on, or is about to begin, ends.
    detail::begin_signal_handler();
    detail::end_signal_handler(false);
    errno = error_number;
}

bool has_time_limit(int fd, int option) noexcept {
    timeval limit{};
    socklen_t size = sizeof(limit);
    return ::getsockopt(fd, SOL_SOCKET, option, &limit, &size) == 0 &&
           (limit.tv_sec != 0 || limit.tv_usec != 0);
}

void note_handler(bool restarts_calls) noexcept {
    if (!restarts_calls) {
        here.last_wait = wait_end::interrupted;
    } else if (here.last_wait == wait_end::undisturbed) {
        here.last_wait = wait_end::restarted;
    }
}

void begin_wait() {
    ::pthread_testcancel();
    ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &here.cancel_state);
    here.last_wait = wait_end::undisturbed;
    set_state_of_main(main_state::waiting);
}

wait_end end_wait() {
    set_state_of_main(main_state::running);
    ::pthread_setcancelstate(here.cancel_state, nullptr);
    if (here.kept_any) {
        here.kept_any = false;
        const sigset_t kept = here.kept;
        ::pthread_sigmask(SIG_UNBLOCK, &kept, nullptr); // the handlers run here
    }
    return here.last_wait;
}

void cancel_if_asked_to() {
    const int error_number = errno;
    ::pthread_testcancel();
    errno = error_number;
}

} // namespace weft::interpose
