// SPDX-License-Identifier: BSL-1.0
#include "api/waiting.hpp"

#include <weft/event.hpp>

namespace weft {

void event::set() {
    thread_.require("weft::event::set");
    set_ = true;
    waiters_.notify_all();
}

void event::clear() {
    thread_.require("weft::event::clear");
    set_ = false;
}

bool event::is_set() const {
    thread_.require("weft::event::is_set");
    return set_;
}

bool event::wait_at_most(clock::duration d) {
    const char* call = "weft::event::wait_for";
    thread_.require(call);
    if (set_ || d <= clock::duration::zero()) {
        return set_;
    }
    return wait_within(detail::deadline_after(d, call), call);
}

// Who has been woken does not look at the event again: it may be cleared, or gone.
bool event::wait_within(clock::time_point deadline, const char* call) {
    thread_.require(call);
    if (set_) {
        return true;
    }
    const auto& scheduler = detail::require_running_task(call).loop()->scheduler();
    if (detail::has_passed(deadline, scheduler)) {
        return false;
    }
    const detail::wait_outcome outcome = waiters_.wait(call, this, deadline);
    if (outcome.end == detail::wait_end::cancelled) {
        detail::throw_cancelled_here();
    }
    return outcome.end == detail::wait_end::notified;
}

} // namespace weft
