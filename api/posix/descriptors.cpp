// SPDX-License-Identifier: BSL-1.0
//
// Descriptors as they come and go: whoever waits for one hears of its end first.
#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/raw_calls.hpp"

#include <weft/posix.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace weft::posix {

using detail::may_suspend;
namespace raw = detail::raw;

namespace {

// Before `to` stands for what `from` stands for.
void replace(int from, int to) noexcept {
    if (from != to && raw::fcntl(from, F_GETFD) >= 0) {
        detail::forget_descriptor(to);
    }
}

int duplicated(int from, int to) noexcept {
    if (to >= 0 && from != to) {
        detail::copy_kind(from, to);
    }
    return to;
}

int made(int fd) noexcept {
    detail::note_new_descriptor(fd);
    return fd;
}

int made_two(int result, const int* fds) noexcept {
    if (result == 0) {
        made(fds[0]);
        made(fds[1]);
    }
    return result;
}

} // namespace

// Off a task too the loop of this thread, and what is believed of the number, must hear of it; the
// call itself is libc's.

int close(int fd) {
    detail::forget_descriptor(fd);
    return may_suspend() ? raw::close(fd) : ::close(fd);
}

int close_range(unsigned first, unsigned last, int flags) {
    if (first <= last && (flags & ~CLOSE_RANGE_UNSHARE) == 0) {
        detail::forget_descriptors(first, last);
    }
    return static_cast<int>(::syscall(SYS_close_range, first, last, flags));
}

void closefrom(int first) {
    const auto from = static_cast<unsigned>(first < 0 ? 0 : first);
    detail::forget_descriptors(from, ~0U);
    const no_suspend here;
    ::closefrom(first);
}

int dup(int fd) {
    return duplicated(fd, static_cast<int>(::syscall(SYS_dup, fd)));
}

int dup2(int from, int to) {
    replace(from, to);
    const no_suspend here;
    return duplicated(from, ::dup2(from, to));
}

int dup3(int from, int to, int flags) {
    if ((flags & ~O_CLOEXEC) == 0) {
        replace(from, to);
    }
    return duplicated(from, static_cast<int>(::syscall(SYS_dup3, from, to, flags)));
}

int socket(int domain, int type, int protocol) {
    return made(static_cast<int>(::syscall(SYS_socket, domain, type, protocol)));
}

int socketpair(int domain, int type, int protocol, int* fds) {
    return made_two(static_cast<int>(::syscall(SYS_socketpair, domain, type, protocol, fds)), fds);
}

int pipe(int* fds) {
    return posix::pipe2(fds, 0);
}

int pipe2(int* fds, int flags) {
    return made_two(static_cast<int>(::syscall(SYS_pipe2, fds, flags)), fds);
}

} // namespace weft::posix
