// SPDX-License-Identifier: BSL-1.0
//
// What closes, replaces and makes descriptors. None of it waits, but for opening a FIFO and locking
// a file: weft has to know that a number now stands for something else.
#include "interpose/hook.hpp"
#include "interpose/own_descriptors.hpp"

#include <cstdarg>
#include <cstdio>
#include <limits>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

using weft::detail::forget_descriptor;
using weft::detail::forget_descriptors;
using weft::detail::may_suspend;
using weft::interpose::interruptible;
using weft::interpose::is_own_descriptor;
using weft::interpose::moved_away_if_own;
using weft::interpose::own_descriptor_within;

namespace {

int made(int fd) noexcept {
    if (fd >= 0) {
        weft::detail::forget_descriptor_kind(fd);
    }
    return moved_away_if_own(fd);
}

int not_open() noexcept {
    errno = EBADF;
    return -1;
}

} // namespace

// --- closing ---

#define WEFT_CLOSE(symbol)                                                                         \
    WEFT_DEFINE(int, symbol, (int fd)) {                                                           \
        if (is_own_descriptor(fd)) {                                                               \
            return not_open();                                                                     \
        }                                                                                          \
        if (may_suspend()) {                                                                       \
            return weft::posix::close(fd);                                                         \
        }                                                                                          \
        forget_descriptor(fd);                                                                     \
        return WEFT_ORIGINAL(int, symbol, (int))::call(fd);                                        \
    }
WEFT_CLOSE(close)
WEFT_CLOSE(__close)

// Around the loop's own ones.
WEFT_DEFINE(int, close_range, (unsigned first, unsigned last, int flags)) {
    constexpr int only_marks = 4; // CLOSE_RANGE_CLOEXEC
    for (;;) {
        const int own = first <= last ? own_descriptor_within(first, last) : -1;
        const unsigned end = own < 0 ? last : static_cast<unsigned>(own) - 1;
        int result = 0;
        if (own < 0 || static_cast<unsigned>(own) > first) {
            if ((flags & only_marks) == 0) {
                forget_descriptors(first, end);
            }
            result =
                WEFT_ORIGINAL(int, close_range, (unsigned, unsigned, int))::call(first, end, flags);
        }
        if (own < 0 || result != 0 || static_cast<unsigned>(own) == last) {
            return result;
        }
        first = static_cast<unsigned>(own) + 1;
    }
}

WEFT_DEFINE(void, closefrom, (int first)) {
    const auto from = first < 0 ? 0U : static_cast<unsigned>(first);
    constexpr unsigned all = std::numeric_limits<unsigned>::max();
    const int error_number = errno;
    if (own_descriptor_within(from, all) < 0) {
        forget_descriptors(from, all);
        WEFT_ORIGINAL(void, closefrom, (int))::call(first);
    } else {
        weft_hook_close_range(from, all, 0);
        errno = error_number;
    }
}

WEFT_DEFINE(int, fclose, (std::FILE * file)) {
    const int error_number = errno;
    const int fd = file != nullptr ? ::fileno_unlocked(file) : -1;
    errno = error_number;
    if (fd >= 0) {
        // What is left in the buffer is written first, and by whom that is waited for wakes now.
        forget_descriptor(fd);
    }
    return WEFT_ORIGINAL(int, fclose, (std::FILE*))::call(file);
}

// --- making others of them ---

#define WEFT_DUP2(symbol)                                                                          \
    WEFT_DEFINE(int, symbol, (int from, int to)) {                                                 \
        if (is_own_descriptor(to) || is_own_descriptor(from)) {                                    \
            return not_open();                                                                     \
        }                                                                                          \
        if (may_suspend()) {                                                                       \
            return weft::posix::dup2(from, to);                                                    \
        }                                                                                          \
        if (from != to) {                                                                          \
            forget_descriptor(to);                                                                 \
        }                                                                                          \
        return WEFT_ORIGINAL(int, symbol, (int, int))::call(from, to);                             \
    }
WEFT_DUP2(dup2)
WEFT_DUP2(__dup2)

WEFT_DEFINE(int, dup3, (int from, int to, int flags)) {
    if (is_own_descriptor(to) || is_own_descriptor(from)) {
        return not_open();
    }
    if (may_suspend()) {
        return weft::posix::dup3(from, to, flags);
    }
    if (from != to) {
        forget_descriptor(to);
    }
    return WEFT_ORIGINAL(int, dup3, (int, int, int))::call(from, to, flags);
}

WEFT_DEFINE(int, dup, (int fd)) {
    return made(WEFT_ORIGINAL(int, dup, (int))::call(fd));
}

#define WEFT_FCNTL(symbol)                                                                         \
    WEFT_DEFINE(int, symbol, (int fd, int command, ...)) {                                         \
        std::va_list arguments;                                                                    \
        va_start(arguments, command);                                                              \
        void* argument = va_arg(arguments, void*);                                                 \
        va_end(arguments);                                                                         \
        if ((command == F_SETLKW || command == F_OFD_SETLKW) && may_suspend()) {                   \
            return interruptible([] { return true; },                                              \
                                 [&] { return weft::posix::fcntl(fd, command, argument); });       \
        }                                                                                          \
        const int result =                                                                         \
            WEFT_ORIGINAL(int, symbol, (int, int, void*))::call(fd, command, argument);            \
        if (command == F_SETFL) {                                                                  \
            weft::detail::note_changed_settings();                                                 \
        }                                                                                          \
        return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? made(result) : result;           \
    }
WEFT_FCNTL(fcntl)
WEFT_FCNTL(fcntl64)
WEFT_FCNTL(__fcntl)

// --- making new ones ---

WEFT_HOOK(receiving, int, accept, accept, (int fd, sockaddr* address, socklen_t* size),
          (fd, address, size))
WEFT_HOOK(receiving, int, accept4, accept4, (int fd, sockaddr* address, socklen_t* size, int flags),
          (fd, address, size, flags))

// `all`: the arguments. weft's own function, where there is one, notes that nobody else has it.
#define WEFT_MAKER(symbol, parameters, all)                                                        \
    WEFT_DEFINE(int, symbol, parameters) {                                                         \
        return made(WEFT_ORIGINAL(int, symbol, parameters)::call all);                             \
    }
WEFT_MAKER(epoll_create, (int size), (size))
WEFT_MAKER(epoll_create1, (int flags), (flags))
WEFT_MAKER(eventfd, (unsigned value, int flags), (value, flags))
WEFT_MAKER(timerfd_create, (int clock, int flags), (clock, flags))
WEFT_MAKER(signalfd, (int fd, const sigset_t* set, int flags), (fd, set, flags))
WEFT_MAKER(inotify_init, (), ())
WEFT_MAKER(inotify_init1, (int flags), (flags))

WEFT_DEFINE(int, socket, (int domain, int type, int protocol)) {
    return may_suspend()
               ? weft::posix::socket(domain, type, protocol)
               : made(WEFT_ORIGINAL(int, socket, (int, int, int))::call(domain, type, protocol));
}

namespace {

int both_made(int result, const int* fds) noexcept {
    if (result == 0) {
        made(fds[0]);
        made(fds[1]);
    }
    return result;
}

} // namespace

WEFT_DEFINE(int, socketpair, (int domain, int type, int protocol, int* fds)) {
    return may_suspend() ? weft::posix::socketpair(domain, type, protocol, fds)
                         : both_made(WEFT_ORIGINAL(int, socketpair, (int, int, int, int*))::call(
                                         domain, type, protocol, fds),
                                     fds);
}

#define WEFT_PIPE(symbol)                                                                          \
    WEFT_DEFINE(int, symbol, (int* fds)) {                                                         \
        return may_suspend() ? weft::posix::pipe(fds)                                              \
                             : both_made(WEFT_ORIGINAL(int, symbol, (int*))::call(fds), fds);      \
    }
WEFT_PIPE(pipe)
WEFT_PIPE(__pipe)

WEFT_DEFINE(int, pipe2, (int* fds, int flags)) {
    return may_suspend() ? weft::posix::pipe2(fds, flags)
                         : both_made(WEFT_ORIGINAL(int, pipe2, (int*, int))::call(fds, flags), fds);
}
