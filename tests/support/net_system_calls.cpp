// SPDX-License-Identifier: BSL-1.0
#include "tests/support/net_system_calls.hpp"

#include <atomic>
#include <cerrno>

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

namespace weft::test {

namespace {

std::atomic<std::size_t> epoll_calls = 0;
std::atomic<std::size_t> timer_calls = 0;
std::atomic<int> refused_error = 0;
std::atomic<int> refused_fd = 0;

// libc's function, or the sanitizer's.
template <class Function>
Function* next_one(const char* name) noexcept {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

std::size_t epoll_ctl_calls() noexcept {
    return epoll_calls;
}

std::size_t timerfd_settime_calls() noexcept {
    return timer_calls;
}

refuse_to_watch::refuse_to_watch(int fd, int error_number) noexcept {
    refused_fd = fd;
    refused_error = error_number;
}

refuse_to_watch::~refuse_to_watch() {
    refused_error = 0;
}

} // namespace weft::test

extern "C" {

__attribute__((visibility("default"))) int epoll_ctl(int set, int operation, int fd,
                                                     epoll_event* event) noexcept {
    using namespace weft::test;
    static auto* const next = next_one<decltype(epoll_ctl)>("epoll_ctl");
    ++epoll_calls;
    const bool concerned = refused_fd == refuse_to_watch::any || refused_fd == fd;
    if (refused_error != 0 && operation == EPOLL_CTL_ADD && concerned) {
        errno = refused_error;
        return -1;
    }
    return next(set, operation, fd, event);
}

__attribute__((visibility("default"))) int
timerfd_settime(int fd, int flags, const itimerspec* value, itimerspec* before) noexcept {
    using namespace weft::test;
    static auto* const next = next_one<decltype(timerfd_settime)>("timerfd_settime");
    ++timer_calls;
    return next(fd, flags, value, before);
}

} // extern "C"
