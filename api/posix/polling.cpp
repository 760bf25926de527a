// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"
#include "api/posix/let_through.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/several_descriptors.hpp"

#include <weft/posix.hpp>

#include <cerrno>
#include <chrono>
#include <optional>

#include <poll.h>

namespace weft::posix {

using detail::may_suspend;
using detail::several_descriptors;
using detail::suspended_call;

namespace {

int poll_now(::pollfd* fds, nfds_t count, const sigset_t* mask) noexcept {
    timespec at_once{};
    return static_cast<int>(
        ::syscall(SYS_ppoll, fds, count, &at_once, mask, detail::raw::sigset_size));
}

// No limit: waits for ever.
int poll_within(const char* name, ::pollfd* fds, nfds_t count,
                std::optional<fibers::clock::duration> limit, const sigset_t* mask) noexcept {
    int found = poll_now(fds, count, mask);
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
    several_descriptors all(call, {fds, count});
    for (;;) {
        const auto result = all.wait(deadline);
        if (result == suspended_call::result::failed) {
            return -1;
        }
        found = poll_now(fds, count, nullptr);
        if (found != 0 || result == suspended_call::result::timed_out) {
            return found;
        }
    }
}

} // namespace

int poll(::pollfd* fds, unsigned long count, int milliseconds) {
    if (!may_suspend()) {
        return ::poll(fds, count, milliseconds);
    }
    std::optional<fibers::clock::duration> limit;
    if (milliseconds >= 0) {
        limit = std::chrono::milliseconds(milliseconds);
    }
    return poll_within("poll", fds, count, limit, nullptr);
}

int ppoll(::pollfd* fds, unsigned long count, const ::timespec* timeout, const ::sigset_t* mask) {
    if (!may_suspend()) {
        return ::ppoll(fds, count, timeout, mask);
    }
    std::optional<fibers::clock::duration> limit;
    if (timeout != nullptr) {
        if (!detail::is_valid(*timeout)) {
            errno = EINVAL;
            return -1;
        }
        limit = detail::to_duration(*timeout);
    }
    return poll_within("ppoll", fds, count, limit, mask);
}

} // namespace weft::posix
