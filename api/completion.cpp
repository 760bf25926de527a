// SPDX-License-Identifier: BSL-1.0
#include "api/completion.hpp"

#include "api/done_callback.hpp"
#include "api/future_core.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/detail/participant.hpp>
#include <weft/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace weft::detail {

namespace {

const std::string no_message;

// Who waits for the outcome, on the waiting stack.
class joiner final : public observer, public fibers::wait_site {
  public:
    joiner(task_core& waiter, completion& awaited, const char* operation, bool hands_on,
           bool* handed_on) noexcept
        : observer(&joiner::wake),
          wait_site{operation, &awaited, hands_on ? &joiner::hand_on : nullptr,
                    hands_on ? awaited.as_task() : nullptr, &joiner::describe},
          waiter_(waiter),
          completion_(awaited),
          handed_on_(handed_on) {}

  private:
    static void wake(observer& o, completion&) noexcept {
        task_core& waiter = static_cast<joiner&>(o).waiter_;
        waiter.loop()->scheduler().unpark(waiter);
    }
    static std::size_t describe(const fibers::wait_site& site, char* out,
                                std::size_t size) noexcept {
        try {
            const std::string text = static_cast<const joiner&>(site).completion_.description();
            return text.copy(out, size);
        } catch (const std::bad_alloc&) {
            return 0;
        }
    }
    // A task is next on the way of the cancel; a future ends here, which wakes the waiter, too.
    static fibers::fiber* hand_on(fibers::wait_site& site) noexcept {
        auto& self = static_cast<joiner&>(site);
        if (self.handed_on_ != nullptr) {
            *self.handed_on_ = true;
        }
        if (self.awaited == nullptr) {
            self.completion_.cancel(self.waiter_.cancel_message());
        }
        return self.awaited;
    }

    task_core& waiter_;
    completion& completion_;
    bool* handed_on_;
};

} // namespace

// --- the end ---

void completion::tell_observers() noexcept {
    while (!observers_.empty()) {
        observer& next = observers_.front();
        observers_.pop_front();
        next.on_end_(next, *this);
    }
}

void completion::destroy() noexcept {
    if (outcome_ == outcome::error && !retrieved_) {
        retrieved_ = true;
        retain(); // the exception handler may keep it
        report_error("unretrieved exception", error_, this, where_);
        release();
        return;
    }
    if (type_ == type::task) {
        static_cast<task_core&>(*this).destroy();
    } else {
        drop_callbacks();
        static_cast<future_core&>(*this).destroy();
    }
}

// Nobody will ever complete this; waiters hold references, so that only callbacks can be left.
void completion::drop_callbacks() noexcept {
    while (!observers_.empty()) {
        auto& callback = static_cast<done_callback&>(observers_.front());
        observers_.pop_front();
        delete &callback;
    }
}

// --- asking ---

task_core* completion::as_task() noexcept {
    return type_ == type::task ? static_cast<task_core*>(this) : nullptr;
}

const task_core* completion::as_task() const noexcept {
    return type_ == type::task ? static_cast<const task_core*>(this) : nullptr;
}

std::string completion::description() const {
    const task_core* task = as_task();
    return task != nullptr ? fmt::format("task '{}'", task->name()) : "future";
}

void completion::throw_wrong_loop(const char* call) const {
    // Not the task's name: its own thread may be changing it.
    const task_core* task = as_task();
    throw wrong_loop(fmt::format(
        "{}: {} belongs to the loop of another thread; hand the work over to that thread instead",
        call, task != nullptr ? fmt::format("task {}", task->id()) : "the future"));
}

const std::string& completion::cancel_message() const noexcept {
    return cancel_message_ ? *cancel_message_ : no_message;
}

void completion::keep_cancel_message(const std::string& message) noexcept {
    try {
        cancel_message_ = message.empty() ? nullptr : std::make_unique<std::string>(message);
    } catch (const std::bad_alloc&) {
        cancel_message_ = nullptr; // the cancel matters more than its message
    }
}

observer* completion::find_callback(std::uint64_t number) noexcept {
    const auto found = std::find_if(observers_.begin(), observers_.end(), [number](const auto& o) {
        return o.callback_number_ == number;
    });
    return found != observers_.end() ? &*found : nullptr;
}

std::exception_ptr completion::error() noexcept {
    retrieved_ = true;
    return error_;
}

void completion::throw_outcome() {
    retrieved_ = true;
    if (outcome_ == outcome::cancelled) {
        throw_cancelled(*this);
    }
    if (error_) {
        std::rethrow_exception(error_);
    }
}

std::exception_ptr take_error(completion& c) {
    if (c.how_it_ended() == completion::outcome::cancelled) {
        return std::make_exception_ptr(cancelled(c.cancel_message()));
    }
    return c.error();
}

// --- cancelling and joining ---

void require_waitable(const completion& c, const task_core& waiter, const char* call) {
    if (&c == &waiter) [[unlikely]] {
        throw invalid_state(fmt::format("{}: {} would wait for itself", call, c.description()));
    }
    if (!c.done() && c.loop() != waiter.loop()) [[unlikely]] {
        throw wrong_loop(
            fmt::format("{}: {} belongs to another loop of this thread; wait for it there", call,
                        c.description()));
    }
}

bool completion::cancel(const std::string& message, task_core* joining) noexcept {
    if (done()) {
        return false;
    }
    if (task_core* task = as_task()) {
        task->cancel_running(message, joining);
    } else {
        static_cast<future_core&>(*this).cancel_pending(message);
    }
    return true;
}

fibers::wake_reason completion::join(task_core& waiter, on_cancel policy, const char* operation,
                                     fibers::time_point deadline, bool* handed_on) noexcept {
    if (done()) {
        return fibers::wake_reason::notified;
    }
    fibers::scheduler& scheduler = waiter.loop()->scheduler();
    if (policy == on_cancel::hand_on && scheduler.cancel_is_due()) {
        cancel(waiter.cancel_message(), &waiter); // it came before the wait did
        if (handed_on != nullptr) {
            *handed_on = true;
        }
        if (done()) {
            waiter.take_cancel();
            return fibers::wake_reason::cancelled;
        }
    }
    joiner self(waiter, *this, operation, policy == on_cancel::hand_on, handed_on);
    observe(self);
    if (policy == on_cancel::keep) {
        waiter.block_cancels();
    }
    const auto reason = scheduler.park(self, deadline);
    if (policy == on_cancel::keep) {
        waiter.unblock_cancels();
    }
    return reason;
}

void join_or_throw(completion& c, completion::on_cancel policy, const char* call) {
    task_core& waiter = require_running_task(call);
    require_waitable(c, waiter, call);
    if (c.join(waiter, policy, call) == fibers::wake_reason::cancelled) {
        throw_cancelled(waiter);
    }
}

} // namespace weft::detail
