// SPDX-License-Identifier: BSL-1.0
#include "api/task_core.hpp"

#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace weft::detail {

thread_local constinit const char task_core::thread_mark = 0;

namespace {

const std::string no_message;

// Who waits for a task's end, on the waiting stack.
class joiner final : public task_observer, public fibers::wait_site {
  public:
    joiner(task_core& waiter, task_core& awaited, const char* operation, bool hands_on) noexcept
        : task_observer(&joiner::wake),
          wait_site{operation, &awaited, hands_on ? &joiner::hand_on : nullptr,
                    hands_on ? &awaited : nullptr},
          waiter_(waiter) {}

  private:
    static void wake(task_observer& o, task_core& ended) noexcept {
        ended.loop()->scheduler().unpark(static_cast<joiner&>(o).waiter_);
    }
    static fibers::fiber* hand_on(fibers::wait_site& site) noexcept {
        return const_cast<task_core*>(static_cast<const task_core*>(site.object));
    }
    task_core& waiter_;
};

} // namespace

// --- beginning and end ---

void task_core::start(loop_core& loop, task_options* options, source_location where) {
    std::size_t stack_size = 0;
    bool eager = false;
    if (options != nullptr) {
        if (!options->name.empty()) {
            set_name(std::move(options->name));
        }
        stack_size = options->stack_size;
        eager = options->eager;
    }
    loop_ = &loop;
    thread_ = &thread_mark;
    where_ = where;
    id_ = loop.next_task_id();
    loop.tasks().push_back(*this);
    retain(); // the loop's own reference
    const bool admitted = eager ? loop.scheduler().spawn_eager(*this, stack_size)
                                : loop.scheduler().spawn(*this, stack_size);
    if (!admitted) {
        const int error_number = errno;
        loop.tasks().erase(task_list::s_iterator_to(*this));
        release();
        throw spawn_error(
            error_number,
            fmt::format("weft::spawn: no stack of {} bytes for a task; allow the process "
                        "more address space (ulimit -v) or ask for smaller stacks",
                        stack_size != 0 ? stack_size
                                        : loop.scheduler().default_pool().stack_size()));
    }
}

void task_core::body(fibers::fiber& f, bool can_run) noexcept {
    auto& self = static_cast<task_core&>(f);
    outcome o = outcome::cancelled;
    if (!can_run) {
        const int error_number = errno;
        self.error_ = std::make_exception_ptr(spawn_error(
            error_number,
            fmt::format("weft: no stack for task '{}'; the kernel refused memory", self.name())));
        self.owner_.destroy_callable();
        o = outcome::error;
    } else if (self.take_cancel()) {
        self.owner_.destroy_callable(); // cancelled before its first step: the body never runs
    } else {
        o = self.run_callable();
    }
    self.end(o);
    self.release();
}

task_core::outcome task_core::run_callable() noexcept {
    outcome o = outcome::value;
    try {
        owner_.call();
    } catch (const weft::cancelled& c) {
        o = outcome::cancelled;
        keep_cancel_message(c.message());
    } catch (...) {
        o = outcome::error;
        error_ = std::current_exception();
    }
    // A cancel that no blocking call was left to deliver.
    if (take_cancel() && o == outcome::value) {
        owner_.destroy_value();
        o = outcome::cancelled;
    }
    return o;
}

void task_core::end(outcome o) noexcept {
    outcome_ = o;
    mark_ended();
    loop_->tasks().erase(task_list::s_iterator_to(*this));
    while (!observers_.empty()) {
        task_observer& next = observers_.front();
        observers_.pop_front();
        next.on_end_(next, *this);
    }
    loop_->task_ended(*this);
    loop_ = nullptr;
}

void task_core::destroy() noexcept {
    if (outcome_ == outcome::error && !retrieved_) {
        report_unretrieved(*this, error_);
    }
    task_state& owner = owner_;
    const std::size_t size = owner.size();
    this->~task_core();
    owner.~task_state();
    free_task(&owner, size);
}

// --- asking ---

void task_core::throw_wrong_loop(const char* call) const {
    throw wrong_loop(
        fmt::format("{}: task {} belongs to the loop of another thread; hand the work over "
                    "to that thread instead",
                    call, id_));
}

std::string task_core::name() const {
    return name_ ? *name_ : fmt::format("task-{}", id_);
}

std::size_t task_core::write_name(char* out, std::size_t size) const noexcept {
    if (name_) {
        const std::size_t length = std::min(size, name_->size());
        std::copy_n(name_->data(), length, out);
        return length;
    }
    return fmt::format_to_n(out, size, "task-{}", id_).size;
}

const std::string& task_core::cancel_message() const noexcept {
    return cancel_message_ ? *cancel_message_ : no_message;
}

void task_core::keep_cancel_message(const std::string& message) noexcept {
    try {
        cancel_message_ = message.empty() ? nullptr : std::make_unique<std::string>(message);
    } catch (const std::bad_alloc&) {
        cancel_message_ = nullptr; // the cancel matters more than its message
    }
}

task_observer* task_core::find_callback(std::uint64_t number) noexcept {
    const auto found = std::find_if(observers_.begin(), observers_.end(), [number](const auto& o) {
        return o.callback_number_ == number;
    });
    return found != observers_.end() ? &*found : nullptr;
}

std::exception_ptr task_core::error() noexcept {
    retrieved_ = true;
    return error_;
}

void task_core::throw_outcome() {
    retrieved_ = true;
    if (outcome_ == outcome::cancelled) {
        throw_cancelled(*this);
    }
    if (error_) {
        std::rethrow_exception(error_);
    }
}

// --- cancelling and joining ---

bool task_core::cancel(const std::string& message, task_core* joining) {
    if (done()) {
        return false;
    }
    // A wait that hands cancels on leads to the next task, that in a gather to several;
    // iteratively, because the ways can be long. Where a wait leads to a task that was reached
    // before, tasks wait for each other in a circle, and nobody can wait for its end: there the
    // cancel ends that wait.
    loop_core& loop = *loop_;
    const std::uint32_t round = loop.next_cancel_round();
    if (joining != nullptr) {
        joining->cancel_round_ = round;
    }
    task_core* waiter = nullptr; // whose wait led to t
    for (task_core* t = this; t != nullptr;) {
        task_core* next = nullptr;
        if (t->cancel_round_ != round) {
            t->cancel_round_ = round;
            ++t->cancels_;
            t->keep_cancel_message(message);
            next = static_cast<task_core*>(loop.scheduler().cancel(*t));
            waiter = t;
        } else {
            // One that lends its stack cannot leave; the one that closed the circle does not lend.
            if (waiter->lends_its_stack()) {
                waiter = t == joining ? this : t;
            }
            while (waiter->lends_its_stack()) {
                waiter = static_cast<task_core*>(waiter->waiting_at()->awaited);
            }
            if (waiter->hands_cancels_on()) {
                loop.scheduler().unpark(*waiter, fibers::wake_reason::cancelled);
            }
        }
        t = next != nullptr ? next : loop.next_on_cancel_branches(waiter);
    }
    return true;
}

int task_core::uncancel() noexcept {
    if (cancels_ > 0 && --cancels_ == 0) {
        withdraw_cancel();
    }
    return cancels_;
}

fibers::wake_reason task_core::join(task_core& waiter, on_cancel policy,
                                    const char* operation) noexcept {
    if (done()) {
        return fibers::wake_reason::notified;
    }
    if (policy == on_cancel::hand_on && waiter.cancel_pending() &&
        loop_->scheduler().cancel_is_deliverable()) {
        cancel(waiter.cancel_message(), &waiter); // it came before the wait did
    }
    joiner self(waiter, *this, operation, policy == on_cancel::hand_on);
    observe(self);
    if (policy == on_cancel::keep) {
        waiter.block_cancels();
    }
    const auto reason = waiter.loop()->scheduler().park(self);
    if (policy == on_cancel::keep) {
        waiter.unblock_cancels();
    }
    return reason;
}

} // namespace weft::detail
