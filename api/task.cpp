// SPDX-License-Identifier: BSL-1.0
#include <weft/task.hpp>

#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <new>

namespace weft {

namespace detail {

// --- task_state and its references ---

task_state::task_state() noexcept {
    static_assert(sizeof(task_core) <= core_size && alignof(task_core) <= alignof(void*));
    ::new (core_) task_core(*this);
}

task_state::~task_state() {
    core().~task_core();
}

task_pointer::task_pointer(const task_pointer& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) {
        state_->core().retain();
    }
}

void task_pointer::release() noexcept {
    state_->core().release();
}

// --- what the templates call ---

void require_loop(const char* call) {
    require_running_loop(call);
}

void throw_no_memory_for_task() {
    throw spawn_error(ENOMEM, "weft::spawn: no memory for another task");
}

task_pointer start_task(task_state* made, task_options* options, source_location where) {
    task_pointer task(made);
    made->core().start(require_running_loop("weft::spawn"), options, where);
    return task;
}

namespace {

// The task that may wait for `awaited`.
task_core& require_waiter(task_core& awaited, const char* call) {
    awaited.require_own_thread(call);
    task_core& waiter = require_running_task(call);
    if (&waiter == &awaited) {
        throw invalid_state(
            fmt::format("{}: task '{}' would wait for itself", call, awaited.name()));
    }
    return waiter;
}

} // namespace

void wait_for_result(task_state& s, const char* call) {
    task_core& awaited = s.core();
    if (!awaited.done()) {
        task_core& waiter = require_waiter(awaited, call);
        const auto reason = awaited.join(waiter, task_core::on_cancel::hand_on, call);
        if (reason == fibers::wake_reason::cancelled) {
            throw_cancelled(waiter);
        }
    }
    awaited.require_own_thread(call);
    awaited.throw_outcome();
}

void wait_for_end(task_state& s, const char* call) {
    task_core& awaited = s.core();
    if (awaited.done()) {
        return;
    }
    task_core& waiter = require_waiter(awaited, call);
    if (awaited.join(waiter, task_core::on_cancel::leave, call) ==
        fibers::wake_reason::cancelled) {
        throw_cancelled(waiter);
    }
}

void require_result(task_state& s, const char* call) {
    task_core& t = s.core();
    if (!t.done()) {
        throw invalid_state(fmt::format("{}: task '{}' is not done; wait for it first", call, t.name()));
    }
    t.throw_outcome();
}

void mark_taken(task_state& s) noexcept {
    s.core().mark_retrieved();
}

void cancel_and_join(task_state& s) noexcept {
    task_core& t = s.core();
    if (t.done()) {
        return;
    }
    if (!t.on_own_thread()) {
        report("weft::task: a handle of a running task was destroyed on another thread than its loop's");
        std::abort();
    }
    t.cancel({});
    task_core* self = t.loop()->current_task();
    // In a callback there is nobody to wait, and a task cannot wait for itself: then the loop is left to end
    // the work.
    if (self != nullptr && self != &t) {
        t.join(*self, task_core::on_cancel::keep, "weft::~task");
    }
}

// --- task_handle ---

namespace {

// One done callback: first it waits for the task's end, then for its turn in the ready queue.
class done_callback final : public task_observer, public fibers::callback {
  public:
    done_callback(loop_core& loop, std::uint64_t number, std::function<void(task_ref)> f)
        : task_observer(&done_callback::ended), callback(&done_callback::call),
          loop_(loop), number_(number), function_(std::move(f)) {}

    std::uint64_t callback_number() const noexcept override { return number_; }

    // Behind everything that is ready now.
    void post(task_pointer task) noexcept {
        task_ = std::move(task);
        loop_.scheduler().post(*this);
    }

  private:
    static void ended(task_observer& o, task_core& t) noexcept {
        t.retain();
        static_cast<done_callback&>(o).post(task_pointer(&t.owner()));
    }
    static void call(fibers::callback& c) noexcept {
        const std::unique_ptr<done_callback> self(static_cast<done_callback*>(&c));
        try {
            self->function_(task_ref(self->task_));
        } catch (...) {
            try {
                report(fmt::format("exception in a done callback: task '{}': {}",
                                   self->task_.get()->core().name(),
                                   describe(std::current_exception())));
            } catch (...) {
                report("exception in a done callback, and no memory to say which");
            }
        }
    }

    loop_core& loop_;
    std::uint64_t number_;
    task_pointer task_;
    std::function<void(task_ref)> function_;
};

} // namespace

task_state& task_handle::state(const char* call) const {
    if (!task_) {
        throw invalid_state(fmt::format("{}: this handle holds no task (moved from, detached, or its "
                                        "value was taken by get())",
                                        call));
    }
    task_.get()->core().require_own_thread(call);
    return *task_.get();
}

std::uint64_t task_handle::id() const {
    return state("weft::task::id").core().id();
}

std::string task_handle::name() const {
    return state("weft::task::name").core().name();
}

void task_handle::set_name(std::string name) {
    state("weft::task::set_name").core().set_name(std::move(name));
}

bool task_handle::done() const {
    return state("weft::task::done").core().done();
}

bool task_handle::cancelled() const {
    return state("weft::task::cancelled").core().how_it_ended() == task_core::outcome::cancelled;
}

bool task_handle::cancel(std::string message) {
    return state("weft::task::cancel").core().cancel(std::move(message));
}

int task_handle::cancelling() const {
    return state("weft::task::cancelling").core().cancelling();
}

int task_handle::uncancel() {
    return state("weft::task::uncancel").core().uncancel();
}

void task_handle::wait() {
    wait_for_end(state("weft::task::wait"), "weft::task::wait");
}

std::exception_ptr task_handle::task_exception() const {
    task_core& t = state("weft::task::exception").core();
    if (!t.done()) {
        throw invalid_state(
            fmt::format("weft::task::exception: task '{}' is not done; wait for it first", t.name()));
    }
    if (t.how_it_ended() == task_core::outcome::cancelled) {
        throw_cancelled(t);
    }
    return t.error();
}

callback_id task_handle::add_callback(std::function<void(task_ref)> f) {
    task_core& t = state("weft::task::add_done_callback").core();
    loop_core& loop = require_running_loop("weft::task::add_done_callback");
    const std::uint64_t number = loop.next_task_id(); // any number that is not used twice
    auto callback = std::make_unique<done_callback>(loop, number, std::move(f));
    if (t.done()) {
        callback.release()->post(task_);
    } else {
        t.observe(*callback.release());
    }
    return callback_id{number};
}

bool task_handle::remove_done_callback(callback_id id) {
    task_core& t = state("weft::task::remove_done_callback").core();
    task_observer* found = t.find_callback(static_cast<std::uint64_t>(id));
    delete static_cast<done_callback*>(found);
    return found != nullptr;
}

} // namespace detail

task_ref current_task() {
    detail::task_core& self = detail::require_running_task("weft::current_task");
    self.retain();
    return task_ref(detail::task_pointer(&self.owner()));
}

std::vector<task_ref> all_tasks() {
    std::vector<task_ref> all;
    for (detail::task_core& t : detail::require_running_loop("weft::all_tasks").tasks()) {
        t.retain();
        all.emplace_back(detail::task_pointer(&t.owner()));
    }
    return all;
}

} // namespace weft
