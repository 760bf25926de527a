// SPDX-License-Identifier: BSL-1.0
//
// A scope's limit is a timer on the task's stack that cancels the task. Who has cancelled what is
// told by counting: a scope takes its own request back when it is left, and only if no more are
// outstanding then than when it was entered does nobody else want the task to stop.
#include "api/loop_core.hpp"

#include <weft/timeout.hpp>

#include <fmt/format.h>

#include <new>

namespace weft {

class timeout_scope::limit final : public fibers::timer {
  public:
    explicit limit(timeout_scope& scope) noexcept : timer(&limit::fire), scope_(scope) {}

  private:
    static void fire(fibers::timer& t) noexcept { static_cast<limit&>(t).scope_.expire(); }
    timeout_scope& scope_;
};

timeout_scope::timeout_scope(clock::time_point when, const char* call)
    : call_(call), task_(&detail::require_running_task(call)) {
    static_assert(sizeof(limit) <= sizeof(timer_) && alignof(limit) <= alignof(void*));
    ::new (timer_) limit(*this);
    // A cancel that has not been delivered yet will be delivered inside, so it counts as one that
    // comes inside.
    cancels_before_ = task_->cancelling() - (task_->cancel_pending() ? 1 : 0);
    arm(when);
}

timeout_scope::~timeout_scope() {
    leave();
}

timeout_scope::limit& timeout_scope::timer() noexcept {
    return *std::launder(reinterpret_cast<limit*>(timer_));
}

const timeout_scope::limit& timeout_scope::timer() const noexcept {
    return *std::launder(reinterpret_cast<const limit*>(timer_));
}

void timeout_scope::arm(clock::time_point when) noexcept {
    if (when == clock::time_point::max()) {
        return;
    }
    fibers::scheduler& scheduler = task_->loop()->scheduler();
    scheduler.timers().add(timer(), when);
    if (when <= scheduler.now()) {
        scheduler.look_up(); // it comes before the next turn
    }
}

void timeout_scope::expire() noexcept {
    expired_ = true;
    was_cancelled_already_ = task_->cancel_pending();
    task_->cancel({});
    cancels_after_ = task_->cancelling();
}

std::optional<clock::time_point> timeout_scope::when() const noexcept {
    if (expired_ || timer().armed()) {
        return timer().when();
    }
    return std::nullopt;
}

void timeout_scope::reschedule(std::optional<clock::time_point> when) {
    task_->require_own_thread("weft::timeout_scope::reschedule");
    if (expired_) {
        throw invalid_state(
            "weft::timeout_scope::reschedule: the time limit has come already; open a new "
            "scope");
    }
    if (timer().armed()) {
        task_->loop()->scheduler().timers().remove(timer());
    }
    arm(when.value_or(clock::time_point::max()));
}

// Takes the scope's own cancel back. True when no other is outstanding that came inside.
bool timeout_scope::leave() noexcept {
    if (left_) {
        return false;
    }
    left_ = true;
    if (!expired_) {
        if (timer().armed()) {
            task_->loop()->scheduler().timers().remove(timer());
        }
        return false;
    }
    if (task_->cancel_pending() && !was_cancelled_already_ &&
        task_->cancelling() == cancels_after_) {
        task_->withdraw_cancel(); // nothing inside was there to receive it
    }
    return task_->uncancel() <= cancels_before_;
}

void timeout_scope::throw_if_mine() {
    if (leave()) {
        throw timeout_error(fmt::format("{}: the time limit came first", call_));
    }
}

} // namespace weft
