// SPDX-License-Identifier: BSL-1.0
#include "api/posix/suspended_call.hpp"

#include "api/loop_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace weft::detail {

suspended_call::suspended_call(const char* name, restart r) noexcept
    : name_(name), restart_(r), loop_(*loop_core::running()) {}

std::size_t suspended_call::describe(const fibers::wait_site& site, char* out,
                                     std::size_t size) noexcept {
    const int fd = *static_cast<const int*>(site.object);
    return std::min(fmt::format_to_n(out, size, "descriptor {}", fd).size, size);
}

fibers::wait_site suspended_call::site(int fd) noexcept {
    fd_ = fd;
    return {.operation = name_, .object = &fd_, .describe = &describe};
}

// wait() parks and says how that ended.
template <class Wait>
suspended_call::result suspended_call::suspend(Wait&& wait) noexcept {
    fibers::scheduler& scheduler = loop_.scheduler();
    fibers::fiber& self = *scheduler.current();
    if (scheduler.cancel_is_due()) {
        errno = ECANCELED;
        return result::failed;
    }
    interruption& signals = loop_.interruption();
    signals.begin(self, restart_ == restart::yes);
    reactor::wait_result end{};
    try {
        end = wait(scheduler);
    } catch (const std::bad_alloc&) {
        signals.end(self);
        errno = ENOMEM;
        return result::failed;
    }
    if (signals.end(self) && end != reactor::wait_result::cancelled) {
        errno = EINTR;
        return result::failed;
    }
    switch (end) {
    case reactor::wait_result::cancelled:
        scheduler.cancel(self); // it stays pending: C code cannot be unwound
        errno = ECANCELED;
        return result::failed;
    case reactor::wait_result::closed:
    case reactor::wait_result::bad_descriptor:
        errno = EBADF;
        return result::failed;
    case reactor::wait_result::timed_out:
        return result::timed_out;
    default:
        return result::ready;
    }
}

// wait(descriptors, site) waits for that one, which a report then names.
template <class Wait>
suspended_call::result suspended_call::wait_watched(int fd, fibers::time_point deadline,
                                                    Wait&& wait) noexcept {
    const std::uint64_t steps = loop_.scheduler().steps();
    bool watched = true;
    const result r = suspend([&](fibers::scheduler&) {
        fibers::wait_site where = site(fd);
        const auto end = wait(loop_.descriptors(), where);
        watched = end != reactor::wait_result::unwatchable;
        return end;
    });
    if (r == result::ready && !watched) {
        return pause(deadline);
    }
    return r == result::ready ? spun(deadline, steps) : r;
}

suspended_call::result suspended_call::wait_for(int fd, reactor::direction d,
                                                fibers::time_point deadline) noexcept {
    return wait_watched(fd, deadline, [&](auto& descriptors, auto& where) {
        return descriptors.wait_unowned(fd, d, where, deadline);
    });
}

suspended_call::result suspended_call::wait_for_settled(int fd, reactor::direction d) noexcept {
    return wait_watched(fd, fibers::never, [&](auto& descriptors, auto& where) {
        return descriptors.wait(fd, d, where);
    });
}

suspended_call::result suspended_call::wait_to_settle(int fd, reactor::direction d,
                                                      std::uint32_t era) noexcept {
    return wait_watched(fd, fibers::never, [&](auto& descriptors, auto& where) {
        return descriptors.wait_to_settle(fd, d, where, era);
    });
}

suspended_call::result suspended_call::wait_for_any(std::span<reactor::interest> interests,
                                                    fibers::time_point deadline) noexcept {
    const int first = interests.empty() ? -1 : interests.front().fd;
    return wait_watched(first, deadline, [&](auto& descriptors, auto& where) {
        if (interests.size() != 1) {
            where.describe = nullptr;
        }
        return descriptors.wait_any(interests, where, deadline);
    });
}

suspended_call::result suspended_call::sleep_until(fibers::time_point deadline) noexcept {
    return suspend([&](fibers::scheduler& scheduler) {
        fibers::wait_site where{.operation = name_};
        switch (scheduler.park(where, deadline)) {
        case fibers::wake_reason::cancelled:
            return reactor::wait_result::cancelled;
        case fibers::wake_reason::timed_out:
            return reactor::wait_result::timed_out;
        default:
            return reactor::wait_result::ready;
        }
    });
}

suspended_call::result suspended_call::pause(fibers::time_point deadline,
                                             fibers::clock::duration longest) noexcept {
    const fibers::time_point now = loop_.scheduler().now();
    if (deadline <= now) {
        return result::timed_out;
    }
    const fibers::time_point end = now + std::min(next_pause_, longest);
    next_pause_ = std::min(next_pause_ * 2, longest);
    const result r = sleep_until(std::min(end, deadline));
    return r == result::failed ? r : result::ready;
}

// It is said to be ready. Where that is said without a wait, or over and over, the next answer is
// awaited in pauses.
suspended_call::result suspended_call::spun(fibers::time_point deadline,
                                            std::uint64_t steps_before) noexcept {
    constexpr int patience = 64;
    if (loop_.scheduler().steps() != steps_before && ++wakes_ <= patience) {
        return result::ready;
    }
    return pause(deadline);
}

void suspended_call::give_up_turn() noexcept {
    fibers::scheduler& scheduler = loop_.scheduler();
    if (!scheduler.cancel_is_due() && scheduler.yield() == fibers::wake_reason::cancelled) {
        scheduler.cancel(*scheduler.current());
    }
}

fibers::time_point suspended_call::deadline_after(fibers::clock::duration d) const noexcept {
    return loop_.deadline_after(d);
}

} // namespace weft::detail
