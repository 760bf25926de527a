// SPDX-License-Identifier: BSL-1.0
//
// A program's own epoll sets: such a set is itself readable when it has something to tell.
#include "api/posix/events_within.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/raw_calls.hpp"

#include <weft/posix.hpp>

#include <optional>

#include <sys/epoll.h>

namespace weft::posix {

using detail::may_suspend;
using detail::suspended_call;

namespace {

int epoll_now(int fd, ::epoll_event* events, int count, const sigset_t* mask) noexcept {
    return static_cast<int>(
        ::syscall(SYS_epoll_pwait, fd, events, count, 0, mask, detail::raw::sigset_size));
}

// The set, which is readable when it has something to tell.
class readable_set {
  public:
    readable_set(suspended_call& call, int fd) noexcept : call_(call), fd_(fd) {}
    suspended_call::result wait(fibers::time_point deadline) noexcept {
        return call_.wait_for(fd_, reactor::direction::read, deadline);
    }

  private:
    suspended_call& call_;
    const int fd_;
};

int epoll_within(const char* name, int fd, ::epoll_event* events, int count,
                 std::optional<fibers::clock::duration> limit, const sigset_t* mask) noexcept {
    return detail::events_within(
        name, limit, mask, [&](const sigset_t* m) { return epoll_now(fd, events, count, m); },
        [&](suspended_call& call) { return readable_set(call, fd); });
}

} // namespace

int epoll_wait(int fd, ::epoll_event* events, int count, int milliseconds) {
    return may_suspend() ? epoll_within("epoll_wait", fd, events, count,
                                        detail::limit_of(milliseconds), nullptr)
                         : ::epoll_wait(fd, events, count, milliseconds);
}

int epoll_pwait(int fd, ::epoll_event* events, int count, int milliseconds,
                const ::sigset_t* mask) {
    return may_suspend() ? epoll_within("epoll_pwait", fd, events, count,
                                        detail::limit_of(milliseconds), mask)
                         : ::epoll_pwait(fd, events, count, milliseconds, mask);
}

int epoll_pwait2(int fd, ::epoll_event* events, int count, const ::timespec* timeout,
                 const ::sigset_t* mask) {
    if (!may_suspend()) {
        return ::epoll_pwait2(fd, events, count, timeout, mask);
    }
    std::optional<fibers::clock::duration> limit;
    if (!detail::read_limit(timeout, limit)) {
        return -1;
    }
    return epoll_within("epoll_pwait2", fd, events, count, limit, mask);
}

} // namespace weft::posix
