// SPDX-License-Identifier: BSL-1.0
#include "api/posix/events_within.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/several_descriptors.hpp"

#include <weft/posix.hpp>

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

int poll_within(const char* name, ::pollfd* fds, nfds_t count,
                std::optional<fibers::clock::duration> limit, const sigset_t* mask) noexcept {
    return detail::events_within(
        name, limit, mask, [&](const sigset_t* m) { return poll_now(fds, count, m); },
        [&](suspended_call& call) {
            return several_descriptors(call, {fds, count});
        });
}

} // namespace

int poll(::pollfd* fds, unsigned long count, int milliseconds) {
    if (!may_suspend()) {
        return ::poll(fds, count, milliseconds);
    }
    return poll_within("poll", fds, count, detail::limit_of(milliseconds), nullptr);
}

int ppoll(::pollfd* fds, unsigned long count, const ::timespec* timeout, const ::sigset_t* mask) {
    if (!may_suspend()) {
        return ::ppoll(fds, count, timeout, mask);
    }
    std::optional<fibers::clock::duration> limit;
    if (!detail::read_limit(timeout, limit)) {
        return -1;
    }
    return poll_within("ppoll", fds, count, limit, mask);
}

} // namespace weft::posix
