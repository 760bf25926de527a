// SPDX-License-Identifier: BSL-1.0
//
// accept() and connect(), which know no way but O_NONBLOCK not to block.
#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/descriptor_wait.hpp"
#include "api/posix/pool_call.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/unblocked.hpp"

#include <weft/posix.hpp>

#include <cstring>

#include <sys/socket.h>

namespace weft::posix {

using detail::block_on;
using detail::descriptor_wait;
using detail::limit_option;
using detail::may_suspend;
using reactor::direction;
namespace raw = detail::raw;

namespace {

int accept_now(int fd, sockaddr* address, socklen_t* size, int flags) noexcept {
    return static_cast<int>(::syscall(SYS_accept4, fd, address, size, flags));
}

// What is no listener is told so at once.
bool listens(int fd) noexcept {
    int answer = 0;
    socklen_t size = sizeof(answer);
    return raw::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &answer, size) == 0 && answer != 0;
}

// Another thread may take the connection that poll() saw. Where O_NONBLOCK must be left alone
// because another process has the listener too, accept() then holds the thread until the next one.
int try_accept(int fd, sockaddr* address, socklen_t* size, int flags) noexcept {
    if (raw::poll_now(fd, POLLIN) == 0 && listens(fd)) {
        errno = EAGAIN;
        return -1;
    }
    const auto accept = [&] { return accept_now(fd, address, size, flags); };
    return detail::is_own(fd) ? detail::call_unblocked(fd, accept) : accept();
}

int connect_now(int fd, const sockaddr* address, socklen_t size) noexcept {
    return static_cast<int>(::syscall(SYS_connect, fd, address, size));
}

sa_family_t family_of(const sockaddr* address, socklen_t size) noexcept {
    return size >= sizeof(address->sa_family) ? address->sa_family : sa_family_t{AF_UNSPEC};
}

// How a connection that was in progress has come out.
int outcome_of(int fd) noexcept {
    int error_number = 0;
    socklen_t size = sizeof(error_number);
    if (raw::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, size) != 0) {
        return -1;
    }
    errno = error_number != 0 ? error_number : errno;
    return error_number != 0 ? -1 : 0;
}

// A socket that another process may share keeps its flags: a thread waits for it.
int connect_in_thread(int fd, const sockaddr* address, socklen_t size) noexcept {
    sockaddr_storage to{};
    if (size > sizeof(to)) {
        errno = EINVAL;
        return -1;
    }
    std::memcpy(&to, address, size);
    return detail::call_with_own_descriptors(
        "connect", {fd}, [to, size](const detail::own_descriptors& own) {
            return connect_now(own[0], reinterpret_cast<const sockaddr*>(&to), size);
        });
}

int finish_connect(int fd, const sockaddr* address, socklen_t size) noexcept {
    const sa_family_t family = family_of(address, size);
    const bool internet = family == AF_INET || family == AF_INET6;
    descriptor_wait wait("connect", fd, direction::write, limit_option::sending);
    wait.set_error_in_time(EINPROGRESS);
    for (;;) {
        if (raw::poll_now(fd, POLLOUT) == 0) {
            if (!wait.next()) {
                return -1;
            }
            continue;
        }
        if (!internet) {
            return outcome_of(fd);
        }
        // Asked by another connect(), as a blocking one ends, and not by SO_ERROR: a socket that
        // was refused can then be used for the next attempt.
        const int r = detail::call_unblocked(fd, [&] { return connect_now(fd, address, size); });
        if (r == 0 || errno == EISCONN) {
            return 0;
        }
        if (errno != EALREADY && errno != EINPROGRESS) {
            return -1;
        }
        if (!wait.next()) {
            return -1;
        }
    }
}

} // namespace

int accept4(int fd, ::sockaddr* address, unsigned* size, int flags) {
    if (!may_suspend()) {
        return ::accept4(fd, address, size, flags);
    }
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) {
        return accept_now(fd, address, size, flags); // EINVAL
    }
    const int accepted = block_on("accept", fd, direction::read, limit_option::receiving,
                                  [&] { return try_accept(fd, address, size, flags); });
    detail::note_new_descriptor(accepted);
    return accepted;
}

int accept(int fd, ::sockaddr* address, unsigned* size) {
    return may_suspend() ? posix::accept4(fd, address, size, 0) : ::accept(fd, address, size);
}

int connect(int fd, const ::sockaddr* address, unsigned size) {
    if (!may_suspend()) {
        return ::connect(fd, address, size);
    }
    const int flags = raw::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK) != 0) {
        return connect_now(fd, address, size);
    }
    if (!detail::may_unblock(fd)) {
        return connect_in_thread(fd, address, size);
    }
    descriptor_wait wait("connect", fd, direction::write, limit_option::sending);
    for (;;) {
        const int r = detail::call_unblocked(fd, [&] { return connect_now(fd, address, size); });
        if (r == 0) {
            return 0;
        }
        if (errno == EINPROGRESS || errno == EALREADY) {
            return finish_connect(fd, address, size);
        }
        // The backlog of a UNIX listener is full, which nothing tells the end of.
        if (errno != EAGAIN || family_of(address, size) != AF_UNIX || !wait.pause()) {
            return -1;
        }
    }
}

} // namespace weft::posix
