// SPDX-License-Identifier: BSL-1.0
#include "api/lock_errors.hpp"
#include "api/waiting.hpp"

#include <weft/mutex.hpp>

namespace weft {

void mutex::lock() {
    acquire("weft::mutex::lock", clock::time_point::max());
}

bool mutex::try_lock() {
    thread_.require("weft::mutex::try_lock");
    const detail::task_core& self = detail::require_running_task("weft::mutex::try_lock");
    if (!is_free()) {
        return false;
    }
    holder_ = self.id();
    return true;
}

bool mutex::lock_within(clock::duration d) {
    if (d <= clock::duration::zero()) {
        return try_lock();
    }
    const char* call = "weft::mutex::try_lock_for";
    thread_.require(call);
    return acquire(call, detail::deadline_after(d, call));
}

bool mutex::try_lock_until(clock::time_point deadline) {
    return acquire("weft::mutex::try_lock_until", deadline);
}

bool mutex::acquire(const char* call, clock::time_point deadline) {
    thread_.require(call);
    const detail::task_core& self = detail::require_running_task(call);
    if (!is_free()) {
        if (holder_ == self.id()) {
            detail::throw_relock(call, self);
        }
        const detail::wait_outcome outcome = waiters_.wait(call, this, deadline, &describe);
        if (outcome.end != detail::wait_end::notified) {
            if (outcome.notified) {
                pass_on();
            }
            if (outcome.end == detail::wait_end::cancelled) {
                detail::throw_cancelled(self);
            }
            return false;
        }
    }
    holder_ = self.id();
    return true;
}

void mutex::acquire_without_cancel(const char* call) {
    if (!is_free()) {
        waiters_.wait_without_cancel(call, this);
    }
    holder_ = detail::running_task_number();
}

void mutex::unlock() {
    thread_.require("weft::mutex::unlock");
    if (holder_ == 0 || holder_ != detail::running_task_number()) {
        detail::throw_not_held("weft::mutex::unlock", holder_);
    }
    pass_on();
}

std::size_t mutex::describe(const fibers::wait_site& site, char* out, std::size_t size) noexcept {
    return detail::describe_lock(site.object, static_cast<const mutex*>(site.object)->holder_, out,
                                 size);
}

void mutex::pass_on() noexcept {
    holder_ = 0;
    waiters_.offer();
}

} // namespace weft
