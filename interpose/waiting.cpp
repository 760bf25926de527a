// SPDX-License-Identifier: BSL-1.0
//
// Waiting for several descriptors.
#include "interpose/hook.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

using weft::interpose::interruptible_with;

WEFT_HOOK(ended, int, poll, poll, (pollfd * fds, nfds_t count, int ms), (fds, count, ms))
WEFT_HOOK(ended, int, __poll, poll, (pollfd * fds, nfds_t count, int ms), (fds, count, ms))
WEFT_HOOK(ended, int, select, select,
          (int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout),
          (count, in, out, other, timeout))
WEFT_HOOK(ended, int, __select, select,
          (int count, fd_set* in, fd_set* out, fd_set* other, timeval* timeout),
          (count, in, out, other, timeout))
WEFT_HOOK(ended, int, epoll_wait, epoll_wait, (int fd, epoll_event* events, int count, int ms),
          (fd, events, count, ms))

// With a signal mask for as long as they wait. Under weft-run the whole call has it, and weft is
// given none; the mask is the last argument.
#define WEFT_MASKED_HOOK(result, symbol, parameters, arguments, without_mask)                      \
    WEFT_DEFINE(result, symbol, parameters) {                                                      \
        if (!weft::detail::may_suspend()) {                                                        \
            return WEFT_ORIGINAL(result, symbol, parameters)::call arguments;                      \
        }                                                                                          \
        if (weft::interpose::state_of_main() == weft::interpose::main_state::elsewhere) {          \
            return weft::posix::symbol arguments;                                                  \
        }                                                                                          \
        return interruptible_with(mask, [&] { return weft::posix::symbol without_mask; });         \
    }

WEFT_MASKED_HOOK(int, ppoll,
                 (pollfd * fds, nfds_t count, const timespec* timeout, const sigset_t* mask),
                 (fds, count, timeout, mask), (fds, count, timeout, nullptr))
WEFT_MASKED_HOOK(int, pselect,
                 (int count, fd_set* in, fd_set* out, fd_set* other, const timespec* timeout,
                  const sigset_t* mask),
                 (count, in, out, other, timeout, mask), (count, in, out, other, timeout, nullptr))
WEFT_MASKED_HOOK(int, epoll_pwait,
                 (int fd, epoll_event* events, int count, int ms, const sigset_t* mask),
                 (fd, events, count, ms, mask), (fd, events, count, ms, nullptr))
WEFT_MASKED_HOOK(int, epoll_pwait2,
                 (int fd, epoll_event* events, int count, const timespec* timeout,
                  const sigset_t* mask),
                 (fd, events, count, timeout, mask), (fd, events, count, timeout, nullptr))
