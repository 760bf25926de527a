// SPDX-License-Identifier: BSL-1.0
#include "tests/support/net_calls.hpp"

#include <atomic>
#include <cerrno>

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace weft::test {

namespace {

std::atomic<std::size_t> recv_calls = 0;
std::atomic<std::size_t> ctl_calls = 0;
std::atomic<std::size_t> wait_calls = 0;
std::atomic<int> refused = 0;

// libc's function, or the sanitizer's.
template <class Function>
Function* next_one(const char* name) noexcept {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

call_counts calls() noexcept {
    return {recv_calls, ctl_calls, wait_calls};
}

void refuse_sendto(int count) noexcept {
    refused = count;
}

} // namespace weft::test

#define WEFT_SHOWN __attribute__((visibility("default")))

extern "C" {

WEFT_SHOWN ssize_t recv(int fd, void* buffer, std::size_t size, int flags) {
    using namespace weft::test;
    static auto* const next = next_one<decltype(recv)>("recv");
    ++recv_calls;
    return next(fd, buffer, size, flags);
}

WEFT_SHOWN ssize_t sendto(int fd, const void* buffer, std::size_t size, int flags,
                          const sockaddr* to, socklen_t length) {
    using namespace weft::test;
    static auto* const next = next_one<decltype(sendto)>("sendto");
    if (refused > 0) {
        --refused;
        errno = ENOBUFS;
        return -1;
    }
    return next(fd, buffer, size, flags, to, length);
}

WEFT_SHOWN int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
    using namespace weft::test;
    static auto* const next = next_one<decltype(epoll_ctl)>("epoll_ctl");
    ++ctl_calls;
    return next(set, operation, fd, event);
}

WEFT_SHOWN int epoll_wait(int set, epoll_event* events, int most, int timeout) {
    using namespace weft::test;
    static auto* const next = next_one<decltype(epoll_wait)>("epoll_wait");
    ++wait_calls;
    return next(set, events, most, timeout);
}

} // extern "C"
