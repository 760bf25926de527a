// SPDX-License-Identifier: BSL-1.0
#include "api/waiting.hpp"

#include <weft/condition_variable.hpp>

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace weft {

// One task's wait, on its stack: it tells whether the condition variable is still there when a
// notification is to be passed on.
class condition_variable::stay {
  public:
    explicit stay(condition_variable& cv) noexcept
        : next_(cv.stays_), link_(&cv.stays_), visited_(&cv) {
        cv.stays_ = this;
        if (next_ != nullptr) {
            next_->link_ = &next_;
        }
    }
    ~stay() { leave(); }
    stay(const stay&) = delete;
    stay& operator=(const stay&) = delete;

    // Afterwards the condition variable is not referred to any more.
    void leave() noexcept {
        if (std::exchange(visited_, nullptr) != nullptr) {
            *link_ = next_;
            if (next_ != nullptr) {
                next_->link_ = link_;
            }
        }
    }
    void pass_on() noexcept {
        if (visited_ != nullptr) {
            visited_->waiters_.notify_one();
        }
    }

  private:
    stay* next_;
    stay** link_; // what points here
    condition_variable* visited_;
};

condition_variable::~condition_variable() {
    while (stays_ != nullptr) {
        stays_->leave();
    }
}

void condition_variable::notify_one() {
    thread_.require("weft::condition_variable::notify_one");
    waiters_.notify_one();
}

void condition_variable::notify_all() {
    thread_.require("weft::condition_variable::notify_all");
    waiters_.notify_all();
}

std::cv_status condition_variable::wait_within(std::unique_lock<mutex>& lock,
                                               clock::time_point deadline, const char* call) {
    thread_.require(call);
    detail::task_core& self = detail::require_running_task(call);
    const fibers::scheduler& scheduler = self.loop()->scheduler();
    if (!lock.owns_lock() || lock.mutex()->holder_ != self.id()) {
        throw std::system_error(
            std::make_error_code(std::errc::operation_not_permitted),
            fmt::format("{}: task '{}' does not hold the lock it would wait with; lock it first",
                        call, self.name()));
    }
    mutex& m = *lock.mutex();
    stay here(*this);
    m.unlock();
    // Nothing runs between the unlock and the park, so no notification is missed.
    const detail::wait_outcome outcome = waiters_.wait(call, this, deadline);
    bool is_cancelled = outcome.end == detail::wait_end::cancelled;
    bool owes_notification = outcome.notified;
    if (is_cancelled && owes_notification) {
        here.pass_on();
        owes_notification = false;
    }
    m.acquire_without_cancel(call);
    if (scheduler.cancel_is_deliverable() && self.take_cancel()) {
        is_cancelled = true;
    }
    if (is_cancelled) {
        if (owes_notification) {
            here.pass_on();
        }
        detail::throw_cancelled(self);
    }
    return outcome.end == detail::wait_end::timed_out ? std::cv_status::timeout
                                                      : std::cv_status::no_timeout;
}

} // namespace weft
