// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/green/condition_variable.hpp>

#include <string>
#include <system_error>
#include <utility>

namespace weft {

namespace detail {

std::cv_status condition_core::finish(const park_result& result) {
    if (result.end == park_end::cancelled) {
        pass_on(result);
        throw_cancelled_here();
    }
    return result.end == park_end::timed_out ? std::cv_status::timeout : std::cv_status::no_timeout;
}

void condition_core::pass_on(const park_result& result) noexcept {
    if (result.was_woken) {
        unpark_one(this); // by the address alone: who notified may have destroyed the object
    }
}

void condition_core::notify_one() noexcept {
    if (!awaited_.load(std::memory_order_seq_cst)) {
        return;
    }
    unpark(
        this, [taken = false](parked_waiter&) mutable { return !std::exchange(taken, true); },
        [this](std::size_t, bool more) { awaited_.store(more, std::memory_order_relaxed); });
}

void condition_core::notify_everyone() noexcept {
    unpark(
        this, [](parked_waiter&) { return true; },
        [this](std::size_t, bool) { awaited_.store(false, std::memory_order_relaxed); });
}

} // namespace detail

namespace green {

std::cv_status condition_variable::wait(unique_lock<mutex>& lock, const char* call,
                                        clock::time_point deadline) {
    if (!lock.owns_lock()) {
        throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                                std::string(call) + ": the lock does not hold its mutex");
    }
    detail::owned_lock& held = lock.mutex()->lock_;
    held.require_callers(call);
    bool gave_up = false; // not in a callback whose time has passed
    const detail::park_result result = waiters_.wait(call, deadline, [&] {
        held.give_back();
        return gave_up = true;
    });
    if (gave_up) {
        held.lock_again(call);
    }
    return waiters_.finish(result);
}

void notify_all_at_thread_exit(condition_variable& condition, unique_lock<mutex> lock) {
    const char* call = "weft::green::notify_all_at_thread_exit";
    lock.mutex()->lock_.require_callers(call);
    detail::at_end_of_caller([&condition, &held = lock.mutex()->lock_] {
        held.give_back();
        condition.notify_all();
    });
    lock.release();
}

} // namespace green
} // namespace weft
