// SPDX-License-Identifier: BSL-1.0
#include "api/done_callback.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/detail/participant.hpp>
#include <weft/task.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <new>

namespace weft {

namespace detail {

// --- memory and references ---

void* allocate_task(std::size_t size) {
    void* memory = require_running_loop("weft::spawn").blocks().allocate(size);
    if (memory == nullptr) {
        throw spawn_error(ENOMEM, "weft::spawn: no memory for another task");
    }
    return memory;
}

void free_task(void* memory, std::size_t size) noexcept {
    if (loop_core* loop = loop_core::running()) {
        loop->blocks().free(memory, size);
    } else {
        ::operator delete(memory); // the handle has outlived its loop
    }
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

namespace {

task_core& require_task(task_state* task, const char* call) {
    if (task == nullptr) [[unlikely]] {
        throw invalid_state(
            fmt::format("{}: this handle holds no task (moved from, detached, or its "
                        "value was taken by get())",
                        call));
    }
    task_core& t = task->core();
    t.require_own_thread(call);
    return t;
}

} // namespace

void require_loop(const char* call) {
    require_running_loop(call);
}

task_pointer start_task(task_state* made, task_options* options, source_location where) {
    auto* core = ::new (&made->core()) task_core(*made);
    task_pointer task(made);
    core->start(require_running_loop("weft::spawn"), options, where);
    return task;
}

completion& completion_of(const task_handle& handle, const char* call) {
    return require_task(state_of(handle), call);
}

void wait_for_end(const task_pointer& task, bool hand_on, const char* call) {
    task_core& awaited = require_task(task.get(), call);
    if (!awaited.done()) {
        join_or_throw(awaited,
                      hand_on ? task_core::on_cancel::hand_on : task_core::on_cancel::leave, call);
    }
}

void require_result(const task_pointer& task, const char* call) {
    task_core& t = require_task(task.get(), call);
    if (!t.done()) {
        throw invalid_state(
            fmt::format("{}: task '{}' is not done; wait for it first", call, t.name()));
    }
    t.throw_outcome();
}

void cancel_and_join(task_state& s) noexcept {
    task_core& t = s.core();
    if (t.done()) {
        return;
    }
    if (!t.on_own_thread()) {
        report("weft::task: a handle of a running task was destroyed on another thread than its "
               "loop's");
        std::abort();
    }
    loop_core* here = loop_core::running();
    task_core* self = here == t.loop() ? here->current_task() : nullptr;
    t.cancel({}, self != &t ? self : nullptr);
    // In a callback or between two runs there is nobody to wait, and a task cannot wait for itself:
    // then the loop is left to end the work.
    if (self != nullptr && self != &t) {
        t.join(*self, task_core::on_cancel::keep, "weft::~task");
    }
}

// --- task_handle ---

task_state& task_handle::state(const char* call) const {
    require_task(task_.get(), call);
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

// By value is the contract; the text is copied only into the tasks that the cancel reaches.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
bool task_handle::cancel(std::string message) {
    return state("weft::task::cancel").core().cancel(message);
}

int task_handle::cancelling() const {
    return state("weft::task::cancelling").core().cancelling();
}

int task_handle::uncancel() {
    return state("weft::task::uncancel").core().uncancel();
}

void task_handle::wait() {
    detail::wait_for_end(task_, false, "weft::task::wait");
}

std::exception_ptr task_handle::task_exception() const {
    task_core& t = state("weft::task::exception").core();
    if (!t.done()) {
        throw invalid_state(fmt::format(
            "weft::task::exception: task '{}' is not done; wait for it first", t.name()));
    }
    if (t.how_it_ended() == task_core::outcome::cancelled) {
        throw_cancelled(t);
    }
    return t.error();
}

namespace {

class task_callback final : public done_callback {
  public:
    explicit task_callback(std::function<void(task_ref)> f) noexcept : function_(std::move(f)) {}

  private:
    void call(completion& c) override {
        c.retain();
        function_(task_ref(task_pointer(&c.as_task()->owner())));
    }
    std::function<void(task_ref)> function_;
};

} // namespace

callback_id task_handle::add_callback(std::function<void(task_ref)> f) {
    task_core& t = state("weft::task::add_done_callback").core();
    require_running_loop("weft::task::add_done_callback");
    return done_callback::add(t, std::make_unique<task_callback>(std::move(f)));
}

bool task_handle::remove_done_callback(callback_id id) {
    return done_callback::remove(state("weft::task::remove_done_callback").core(), id);
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
