// SPDX-License-Identifier: BSL-1.0
#include "api/posix/descriptor_wait.hpp"

#include "api/loop_core.hpp"
#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/raw_calls.hpp"

#include <chrono>
#include <utility>

#include <fcntl.h>
#include <sys/time.h>

namespace weft::detail {

namespace {

bool is_settled_here(int fd) noexcept {
    return is_settled(fd) && loop_core::running()->descriptors().is_settled(fd, present_era());
}

} // namespace

bool is_stream(int fd) noexcept {
    int type = 0;
    socklen_t size = sizeof(type);
    return raw::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, size) == 0 && type == SOCK_STREAM;
}

bool* drained_flag(int fd) noexcept {
    return is_settled_here(fd) ? &loop_core::running()->descriptors().drained(fd) : nullptr;
}

bool descriptor_wait::blocks() noexcept {
    if (call_) {
        return true;
    }
    if (limit_ == limit_option::receiving && is_settled_here(fd_)) {
        settled_ = true;
        call_.emplace(name_, suspended_call::restart::yes);
        return true;
    }
    const std::uint32_t era = present_era();
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
    if (limit_ == limit_option::receiving && era != 0 && !limited && is_own(fd_) &&
        is_stream(fd_)) {
        era_ = era;
    }
    return true;
}

suspended_call::result descriptor_wait::wait() noexcept {
    if (settled_ && is_settled_here(fd_)) {
        return call_->wait_for_settled(fd_, direction_);
    }
    if (era_ != 0 && era_ == present_era()) {
        mark_settled(fd_, call_->loop());
        return call_->wait_to_settle(fd_, direction_, std::exchange(era_, 0));
    }
    return call_->wait_for(fd_, direction_, deadline_);
}

bool descriptor_wait::is_worth_a_try(suspended_call::result end) const noexcept {
    if (end == suspended_call::result::timed_out) {
        errno = error_in_time_;
    }
    return end == suspended_call::result::ready;
}

bool descriptor_wait::next() noexcept {
    return blocks() && is_worth_a_try(wait());
}

bool descriptor_wait::pause() noexcept {
    return blocks() && is_worth_a_try(call_->pause(deadline_));
}

} // namespace weft::detail
