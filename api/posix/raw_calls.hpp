// SPDX-License-Identifier: BSL-1.0
//
// System calls that go past libc's names: whoever has put itself behind those, such as
// libweft-interpose.so, never sees them, and they work at any time. Results and errno as libc's.
#pragma once

#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace weft::detail::raw {

// What the kernel takes a sigset_t to be.
inline constexpr std::size_t sigset_size = 8;

inline ssize_t read(int fd, void* out, std::size_t size) noexcept {
    return ::syscall(SYS_read, fd, out, size);
}

inline ssize_t readv(int fd, const iovec* pieces, int count) noexcept {
    return ::syscall(SYS_readv, fd, pieces, count);
}

// At the file's own position. The offset, -1, goes in two halves.
inline ssize_t preadv2(int fd, const iovec* pieces, int count, int flags) noexcept {
    return ::syscall(SYS_preadv2, fd, pieces, count, -1L, -1L, flags);
}

inline ssize_t write(int fd, const void* data, std::size_t size) noexcept {
    return ::syscall(SYS_write, fd, data, size);
}

inline ssize_t writev(int fd, const iovec* pieces, int count) noexcept {
    return ::syscall(SYS_writev, fd, pieces, count);
}

inline ssize_t pwritev2(int fd, const iovec* pieces, int count, int flags) noexcept {
    return ::syscall(SYS_pwritev2, fd, pieces, count, -1L, -1L, flags);
}

inline ssize_t recvfrom(int fd, void* out, std::size_t size, int flags, sockaddr* from = nullptr,
                        socklen_t* from_size = nullptr) noexcept {
    return ::syscall(SYS_recvfrom, fd, out, size, flags, from, from_size);
}

inline ssize_t recvmsg(int fd, msghdr* message, int flags) noexcept {
    return ::syscall(SYS_recvmsg, fd, message, flags);
}

inline ssize_t sendto(int fd, const void* data, std::size_t size, int flags,
                      const sockaddr* to = nullptr, socklen_t to_size = 0) noexcept {
    return ::syscall(SYS_sendto, fd, data, size, flags, to, to_size);
}

inline ssize_t sendmsg(int fd, const msghdr* message, int flags) noexcept {
    return ::syscall(SYS_sendmsg, fd, message, flags);
}

inline int fcntl(int fd, int command, long argument = 0) noexcept {
    return static_cast<int>(::syscall(SYS_fcntl, fd, command, argument));
}

inline int close(int fd) noexcept {
    return static_cast<int>(::syscall(SYS_close, fd));
}

inline int fstat(int fd, struct stat& out) noexcept {
    return static_cast<int>(::syscall(SYS_fstat, fd, &out));
}

// Without waiting. Returns the events, 0 when there are none.
inline short poll_now(int fd, short events) noexcept {
    pollfd one{fd, events, 0};
    constexpr timespec at_once{};
    return ::syscall(SYS_ppoll, &one, 1UL, &at_once, nullptr, sigset_size) > 0 ? one.revents
                                                                               : short{0};
}

inline int getsockopt(int fd, int level, int option, void* value, socklen_t& size) noexcept {
    return static_cast<int>(::syscall(SYS_getsockopt, fd, level, option, value, &size));
}

inline pid_t getpid() noexcept {
    return static_cast<pid_t>(::syscall(SYS_getpid));
}

} // namespace weft::detail::raw
