// SPDX-License-Identifier: BSL-1.0
//
// A program's own epoll sets: such a set is itself readable when it has something to tell.
#include "api/loop_core.hpp"
#include "api/posix/let_through.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/suspended_call.hpp"

#include <weft/posix.hpp>

#include <cerrno>
#include <chrono>
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

int epoll_within(const char* name, int fd, ::epoll_event* events, int count,
                 std::optional<fibers::clock::duration> limit, const sigset_t* mask) noexcept {
    int found = epoll_now(fd, events, count, mask);
    if (found != 0) {
        return found;
    }
    suspended_call call(name, suspended_call::restart::no);
    if (limit && *limit <= fibers::clock::duration::zero()) {
        call.give_up_turn();
        return 0;
    }
    const fibers::time_point deadline = limit ? call.deadline_after(*limit) : fibers::never;
    const detail::let_through signals(call.loop().interruption(), mask);
    for (;;) {
        const auto result = call.wait_for(fd, reactor::direction::read, deadline);
        if (result == suspended_call::result::failed) {
            return -1;
        }
        found = epoll_now(fd, events, count, nullptr);
        if (found != 0 || result == suspended_call::result::timed_out) {
            return found;
        }
    }
}

std::optional<fibers::clock::duration> limit_of(int milliseconds) noexcept {
    if (milliseconds < 0) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(milliseconds);
}

} // namespace

int epoll_wait(int fd, ::epoll_event* events, int count, int milliseconds) {
    return may_suspend()
               ? epoll_within("epoll_wait", fd, events, count, limit_of(milliseconds), nullptr)
               : ::epoll_wait(fd, events, count, milliseconds);
}

int epoll_pwait(int fd, ::epoll_event* events, int count, int milliseconds,
                const ::sigset_t* mask) {
    return may_suspend()
               ? epoll_within("epoll_pwait", fd, events, count, limit_of(milliseconds), mask)
               : ::epoll_pwait(fd, events, count, milliseconds, mask);
}

int epoll_pwait2(int fd, ::epoll_event* events, int count, const ::timespec* timeout,
                 const ::sigset_t* mask) {
    if (!may_suspend()) {
        return ::epoll_pwait2(fd, events, count, timeout, mask);
    }
    std::optional<fibers::clock::duration> limit;
    if (timeout != nullptr) {
        if (!detail::is_valid(*timeout)) {
            errno = EINVAL;
            return -1;
        }
        limit = detail::to_duration(*timeout);
    }
    return epoll_within("epoll_pwait2", fd, events, count, limit, mask);
}

} // namespace weft::posix
