// SPDX-License-Identifier: BSL-1.0
//
// libc's names for setting a handler, and for leaving one by a jump. libc's own older ones call
// sigaction() by an inner name, so each of them is written here once more.
#include "interpose/hook.hpp"
#include "interpose/signal_actions.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>

#include <setjmp.h>

using weft::interpose::leave_handlers;
using weft::interpose::set_action;

namespace {

using handler = void (*)(int);

// As bits: the signals that siginterrupt() has been called for, whose signal() lets calls end.
constinit std::atomic<std::uint64_t> interrupting = 0;

std::uint64_t bit_of(int signal_number) noexcept {
    return signal_number >= 1 && signal_number <= 64 ? std::uint64_t{1} << (signal_number - 1) : 0;
}

handler set_handler(int signal_number, handler wanted, int flags) noexcept {
    if (wanted == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = wanted;
    action.sa_flags = flags;
    if ((flags & static_cast<int>(SA_NODEFER)) == 0) {
        sigaddset(&action.sa_mask, signal_number);
    }
    return set_action(signal_number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

handler bsd_signal_of(int signal_number, handler wanted) noexcept {
    const bool ends_calls = (interrupting.load() & bit_of(signal_number)) != 0;
    return set_handler(signal_number, wanted, ends_calls ? 0 : SA_RESTART);
}

handler sysv_signal_of(int signal_number, handler wanted) noexcept {
    return set_handler(signal_number, wanted, static_cast<int>(SA_RESETHAND | SA_NODEFER));
}

} // namespace

WEFT_DEFINE(int, sigaction, (int n, const struct sigaction* wanted, struct sigaction* before)) {
    return set_action(n, wanted, before);
}
WEFT_DEFINE(int, __sigaction, (int n, const struct sigaction* wanted, struct sigaction* before)) {
    return set_action(n, wanted, before);
}
WEFT_DEFINE(handler, signal, (int n, handler wanted)) {
    return bsd_signal_of(n, wanted);
}
WEFT_DEFINE(handler, bsd_signal, (int n, handler wanted)) {
    return bsd_signal_of(n, wanted);
}
WEFT_DEFINE(handler, ssignal, (int n, handler wanted)) {
    return bsd_signal_of(n, wanted);
}
WEFT_DEFINE(handler, sysv_signal, (int n, handler wanted)) {
    return sysv_signal_of(n, wanted);
}
WEFT_DEFINE(handler, __sysv_signal, (int n, handler wanted)) {
    return sysv_signal_of(n, wanted);
}

WEFT_DEFINE(handler, sigset, (int n, handler wanted)) {
    sigset_t one;
    sigset_t before;
    sigemptyset(&one);
    if (wanted == SIG_ERR || sigaddset(&one, n) != 0) {
        errno = EINVAL;
        return SIG_ERR;
    }
    struct sigaction found {};
    if (wanted == SIG_HOLD) {
        ::pthread_sigmask(SIG_BLOCK, &one, &before);
        set_action(n, nullptr, &found);
    } else {
        struct sigaction action {};
        action.sa_handler = wanted;
        if (set_action(n, &action, &found) != 0) {
            return SIG_ERR;
        }
        ::pthread_sigmask(SIG_UNBLOCK, &one, &before);
    }
    return sigismember(&before, n) == 1 ? SIG_HOLD : found.sa_handler;
}

WEFT_DEFINE(int, sigignore, (int n)) {
    struct sigaction action {};
    action.sa_handler = SIG_IGN;
    return set_action(n, &action, nullptr);
}

WEFT_DEFINE(int, siginterrupt, (int n, int ends_calls)) {
    struct sigaction action {};
    if (set_action(n, nullptr, &action) != 0) {
        return -1;
    }
    if (ends_calls != 0) {
        interrupting.fetch_or(bit_of(n));
        action.sa_flags &= ~SA_RESTART;
    } else {
        interrupting.fetch_and(~bit_of(n));
        action.sa_flags |= SA_RESTART;
    }
    return set_action(n, &action, nullptr);
}

// A jump out of a handler leaves it for good. One within a handler is taken for such a one, too:
// the price is that what the handler calls may then suspend the task that it has interrupted.
#define WEFT_JUMP(symbol)                                                                          \
    WEFT_DEFINE(void, symbol, (jmp_buf where, int value)) {                                        \
        leave_handlers();                                                                          \
        WEFT_ORIGINAL(void, symbol, (struct __jmp_buf_tag*, int))::call(where, value);             \
        __builtin_unreachable();                                                                   \
    }
WEFT_JUMP(longjmp)
WEFT_JUMP(_longjmp)
WEFT_JUMP(siglongjmp)
WEFT_JUMP(__longjmp_chk)
