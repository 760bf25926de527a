// SPDX-License-Identifier: BSL-1.0
#include "api/posix/descriptor_wait.hpp"

#include "api/posix/raw_calls.hpp"

#include <chrono>

#include <fcntl.h>
#include <sys/time.h>

namespace weft::detail {

bool descriptor_wait::blocks() noexcept {
    if (call_) {
        return true;
    }
    const int flags = raw::fcntl(fd_, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK) != 0) {
        errno = flags < 0 ? EBADF : EAGAIN;
        return false;
    }
    timeval limit{};
    socklen_t size = sizeof(limit);
    const bool limited =
        limit_ != limit_option::none &&
        raw::getsockopt(fd_, SOL_SOCKET, static_cast<int>(limit_), &limit, size) == 0 &&
        (limit.tv_sec != 0 || limit.tv_usec != 0);
    // A time limit makes a call that signals end for good.
    call_.emplace(name_, limited ? suspended_call::restart::no : suspended_call::restart::yes);
    if (limited) {
        deadline_ = call_->deadline_after(
            fibers::clock::duration(std::chrono::microseconds(limit.tv_usec)) +
            std::chrono::seconds(limit.tv_sec));
    }
    return true;
}

bool descriptor_wait::next() noexcept {
    if (!blocks()) {
        return false;
    }
    switch (call_->wait_for(fd_, direction_, deadline_)) {
    case suspended_call::result::ready:
        return true;
    case suspended_call::result::timed_out:
        errno = error_in_time_;
        return false;
    default:
        return false;
    }
}

bool descriptor_wait::pause() noexcept {
    if (!blocks()) {
        return false;
    }
    switch (call_->pause(deadline_)) {
    case suspended_call::result::ready:
        return true;
    case suspended_call::result::timed_out:
        errno = error_in_time_;
        return false;
    default:
        return false;
    }
}

} // namespace weft::detail
