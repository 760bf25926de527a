// SPDX-License-Identifier: BSL-1.0
//
// One try to read or write that does not block the thread, whatever the descriptor is: -1 with
// EAGAIN where it would. All else is the kernel's own answer.
#pragma once

#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/raw_calls.hpp"

#include <climits>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
#endif

namespace weft::detail {

// Whether fd is the terminal that this process belongs to, and others are in its foreground:
// reading stops the process (SIGTTIN), or fails, and never waits. The other end of a terminal,
// which is asked first, knows that terminal's foreground too, and waits.
inline bool reads_from_background(int fd) noexcept {
    unsigned number = 0;
    pid_t foreground = 0;
    return ::syscall(SYS_ioctl, fd, TIOCGPTN, &number) != 0 &&
           ::syscall(SYS_ioctl, fd, TIOCGPGRP, &foreground) == 0 && foreground != ::getpgrp();
}

// The ways of one operation with each kind of descriptor; each is a call that returns a count or
// -1.
template <class Socket, class Nowait, class Polled>
[[gnu::always_inline]] inline ssize_t attempt(int fd, short events, Socket&& on_socket,
                                              Nowait&& with_nowait, Polled&& plainly) noexcept {
    descriptor_kind kind = kind_of(fd);
    for (;;) {
        switch (kind) {
        case descriptor_kind::socket: {
            const ssize_t n = on_socket();
            if (n >= 0 || errno != ENOTSOCK) [[likely]] {
                return n;
            }
            kind = learn_kind(fd);
            break;
        }
        case descriptor_kind::nowait_to_read:
            if (events == POLLOUT) {
                kind = descriptor_kind::polled;
                break;
            }
            [[fallthrough]];
        case descriptor_kind::nowait: {
            const ssize_t n = with_nowait();
            if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) [[likely]] {
                return n;
            }
            kind = learn_kind(fd, events == POLLOUT ? descriptor_kind::nowait_to_read
                                                    : descriptor_kind::polled);
            break;
        }
        case descriptor_kind::polled:
            if (raw::poll_now(fd, events) == 0 &&
                !(events == POLLIN && reads_from_background(fd))) {
                errno = EAGAIN;
                return -1;
            }
            return plainly();
        case descriptor_kind::file:
            // Believed only for as long as it is seen: what has taken its place might block.
            kind = learn_kind(fd);
            if (kind != descriptor_kind::file) {
                break;
            }
            return plainly();
        case descriptor_kind::unknown:
            kind = learn_kind(fd);
            if (kind == descriptor_kind::file || kind == descriptor_kind::unknown) {
                return plainly(); // EBADF
            }
        }
    }
}

inline ssize_t try_read(int fd, void* out, std::size_t size) noexcept {
    return attempt(
        fd, POLLIN, [&] { return raw::recvfrom(fd, out, size, MSG_DONTWAIT); },
        [&] {
            const iovec whole{out, size};
            return raw::preadv2(fd, &whole, 1, RWF_NOWAIT);
        },
        [&] { return raw::read(fd, out, size); });
}

// How much a descriptor that is asked by poll() takes without blocking once that has said yes: an
// atomic write of a pipe, a piece of what a terminal accepts.
inline std::size_t certain_to_fit(int fd, std::size_t size) noexcept {
    constexpr std::size_t terminal = 256;
    struct stat status {};
    if (size <= terminal || raw::fstat(fd, status) != 0) {
        return size;
    }
    return std::min(size, S_ISFIFO(status.st_mode) ? std::size_t{PIPE_BUF} : terminal);
}

inline bool is_polled_to_write(int fd) noexcept {
    const descriptor_kind kind = kind_of(fd);
    return kind == descriptor_kind::polled || kind == descriptor_kind::nowait_to_read;
}

inline ssize_t try_write(int fd, const void* data, std::size_t size, int flags) noexcept {
    return attempt(
        fd, POLLOUT, [&] { return raw::sendto(fd, data, size, MSG_DONTWAIT | flags); },
        [&] {
            const iovec whole{const_cast<void*>(data), size};
            return raw::pwritev2(fd, &whole, 1, RWF_NOWAIT);
        },
        [&] {
            return raw::write(fd, data, is_polled_to_write(fd) ? certain_to_fit(fd, size) : size);
        });
}

} // namespace weft::detail
