// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"
#include "api/own_cancel.hpp"

#include <weft/timeout.hpp>

#include <new>

namespace weft {

class timeout_scope::limit final : public fibers::timer {
  public:
    explicit limit(detail::task_core& t) noexcept : timer(&limit::fire), cancel(t) {}

    fibers::scheduler& scheduler() const noexcept { return cancel.task().loop()->scheduler(); }

    detail::own_cancel cancel; // requested once the limit has come

  private:
    static void fire(fibers::timer& t) noexcept { static_cast<limit&>(t).cancel.request(); }
};

timeout_scope::timeout_scope(clock::time_point when, limit_is where, const char* call)
    : call_(call) {
    static_assert(sizeof(limit) <= sizeof(limit_) && alignof(limit) <= alignof(void*));
    ::new (limit_) limit(detail::require_running_task(call));
    arm(when, where);
}

timeout_scope::~timeout_scope() {
    leave();
}

timeout_scope::limit& timeout_scope::inside() noexcept {
    return *std::launder(reinterpret_cast<limit*>(limit_));
}

const timeout_scope::limit& timeout_scope::inside() const noexcept {
    return *std::launder(reinterpret_cast<const limit*>(limit_));
}

// `where` saves a look at the clock, which is what a limit that does not come mostly costs.
void timeout_scope::arm(clock::time_point when, limit_is where) noexcept {
    if (when == clock::time_point::max()) {
        return;
    }
    if (where == limit_is::in_future) {
        inside().scheduler().timers().add(inside(), when);
    } else {
        inside().scheduler().add_timer(inside(), when);
    }
}

bool timeout_scope::expired() const noexcept {
    return inside().cancel.requested();
}

std::optional<clock::time_point> timeout_scope::when() const noexcept {
    if (expired() || inside().armed()) {
        return inside().when();
    }
    return std::nullopt;
}

void timeout_scope::reschedule(std::optional<clock::time_point> when) {
    inside().cancel.task().require_own_thread("weft::timeout_scope::reschedule");
    if (expired()) {
        throw invalid_state(
            "weft::timeout_scope::reschedule: the time limit has come already; open a new "
            "scope");
    }
    if (inside().armed()) {
        inside().scheduler().timers().remove(inside());
    }
    arm(when.value_or(clock::time_point::max()), limit_is::anywhere);
}

// True when the limit has come and nobody else has cancelled the task since the scope began.
bool timeout_scope::leave() noexcept {
    if (left_) {
        return false;
    }
    left_ = true;
    if (expired()) {
        return inside().cancel.take_back();
    }
    if (inside().armed()) {
        inside().scheduler().timers().remove(inside());
    }
    return false;
}

void timeout_scope::throw_if_mine() {
    if (leave()) {
        detail::throw_timeout(call_);
    }
}

} // namespace weft
