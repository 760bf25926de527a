// SPDX-License-Identifier: BSL-1.0
#include "api/task_core.hpp"

#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <new>

namespace weft::detail {

// --- beginning and end ---

void task_core::start(loop_core& loop, task_options* options, source_location where) {
    static_assert(sizeof(task_core) <= task_state::core_size);
    std::size_t stack_size = 0;
    bool eager = false;
    if (options != nullptr) {
        if (!options->name.empty()) {
            set_name(std::move(options->name));
        }
        stack_size = options->stack_size;
        eager = options->eager;
    }
    bind(loop, where);
    context_ = current_context();
    id_ = loop.next_task_id();
    loop.add_task(*this);
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
        self.keep_error(std::make_exception_ptr(spawn_error(
            error_number,
            fmt::format("weft: no stack for task '{}'; the kernel refused memory", self.name()))));
        self.owner_.destroy_callable();
        o = outcome::error;
    } else if (self.take_cancel()) {
        self.owner_.destroy_callable(); // cancelled before its first step: the body never runs
    } else {
        o = self.run_callable();
    }
    if (loop_core::running() == nullptr) [[unlikely]] {
        self.end_child(o);
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
        keep_error(std::current_exception());
    }
    if (o != outcome::value) {
        // Here and not by a destructor on the way of the exception, which would stop and resume the
        // unwinding for it. Like one, what the callable captured may block, and keeps cancels.
        block_cancels();
        owner_.destroy_callable();
        unblock_cancels();
    }
    // A cancel that no blocking call was left to deliver.
    if (take_cancel() && o == outcome::value) {
        owner_.destroy_value();
        o = outcome::cancelled;
    }
    if (cancels_ > 0 && o == outcome::value && loop()->debug()) {
        report_swallowed_cancel(*this);
    }
    return o;
}

// The task has made a fork(), and this is the child, in which there is no loop to go on with: it
// ends as a process does whose last thread returns, or lets an exception out.
void task_core::end_child(outcome o) noexcept {
    if (o == outcome::error) {
        std::rethrow_exception(error());
    }
    std::exit(EXIT_SUCCESS);
}

void task_core::end(outcome o) noexcept {
    context_.reset();
    set_outcome(o);
    mark_ended();
    loop()->tasks().erase(task_list::s_iterator_to(*this));
    tell_observers();
    loop()->task_ended(*this);
    leave_loop();
}

void task_core::adopt(loop_core& loop) noexcept {
    bind(loop, source_location());
    context_ = current_context();
    id_ = loop.next_task_id();
}

void task_core::let_go() noexcept {
    context_.reset();
    set_outcome(take_cancel() ? outcome::cancelled : outcome::value);
    mark_ended();
    tell_observers();
    leave_loop();
}

void task_core::destroy() noexcept {
    task_state& owner = owner_;
    const std::size_t size = owner.size();
    this->~task_core();
    owner.~task_state();
    free_task(&owner, size);
}

// --- asking ---

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

// --- cancelling ---

void task_core::cancel_running(const std::string& message, task_core* joining) noexcept {
    // A wait that hands cancels on leads to the next task, that in a gather to several;
    // iteratively, because the ways can be long. Where a wait leads to a task that was reached
    // before, tasks wait for each other in a circle, and nobody can wait for its end: there the
    // cancel ends that wait.
    loop_core& loop = *completion::loop();
    const std::uint32_t round = loop.begin_cancel();
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
        } else if (waiter != nullptr) {
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
        t = next != nullptr ? next : loop.next_on_cancel_branches(waiter, message);
    }
    loop.end_cancel();
}

int task_core::uncancel() noexcept {
    if (cancels_ > 0 && --cancels_ == 0) {
        withdraw_cancel();
    }
    return cancels_;
}

} // namespace weft::detail
