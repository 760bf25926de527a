// SPDX-License-Identifier: BSL-1.0
//
// What the kernel says of a descriptor, asked by raw system calls, which no library between can
// see.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace weft::test::raw {

inline int poll(int fd, short events, int milliseconds = 0) {
    pollfd one = {fd, events, 0};
    return ::syscall(SYS_poll, &one, 1UL, milliseconds) == 1 ? one.revents : 0;
}
inline bool readable(int fd) {
    return raw::poll(fd, POLLIN) != 0;
}
inline bool writable(int fd) {
    return raw::poll(fd, POLLOUT) != 0;
}
// No more will come than is there.
inline bool ended(int fd) {
    return (raw::poll(fd, POLLRDHUP) & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}
// Bytes that could be read.
inline int queued(int fd) {
    int count = 0;
    return ::syscall(SYS_ioctl, fd, FIONREAD, &count) == 0 ? count : 0;
}
inline bool nonblocking(int fd) {
    return (::syscall(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK) != 0;
}
inline std::chrono::microseconds limit(int fd, int option) {
    timeval t{};
    socklen_t size = sizeof(t);
    ::syscall(SYS_getsockopt, fd, SOL_SOCKET, option, &t, &size);
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
}

} // namespace weft::test::raw

namespace weft::test {

// Waits until something has come over a connection that is on its way; not for ever.
template <class Condition>
void soon(Condition condition) {
    for (int patience = 2'000; patience > 0 && !condition(); --patience) {
        ::usleep(100);
    }
}

// Says of bytes which they were.
inline std::string digest(std::string_view bytes) {
    std::uint32_t sum = 2166136261U;
    for (const char c : bytes) {
        sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return "#" + std::to_string(sum);
}

} // namespace weft::test
