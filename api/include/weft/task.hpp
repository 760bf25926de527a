// SPDX-License-Identifier: BSL-1.0
//
// Tasks: work that runs concurrently on this thread's loop. spawn() starts one and returns the
// handle that owns it: a handle that leaves scope takes its work with it (cancel, then join), so no
// task is orphaned by accident. Everything here belongs to the loop the task was spawned on:
// another thread gets wrong_loop.
#pragma once

#include <weft/detail/callback.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/source_location.hpp>
#include <weft/detail/task_state.hpp>
#include <weft/errors.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

class task_ref;

struct task_options {
    std::string name = {}; // default: "task-N"
    std::size_t stack_size =
        0;              // bytes of address space, guard included; 0: run_options::stack_size
    bool eager = false; // run inside spawn() until the first block
    detail::source_location where = detail::std_source_location::current();
};

// Names one added callback, for taking it off again.
enum class callback_id : std::uint64_t {};

namespace detail {

// What result() returns: a reference to the value in the task, or void.
template <class T>
using result_view =
    std::conditional_t<std::is_void_v<T>, void,
                       std::add_lvalue_reference_t<const std::remove_reference_t<T>>>;

// What owners and observers of a task have in common. Every member throws invalid_state on a handle
// that holds no task (moved from, detached), and wrong_loop on another thread than the loop's.
class WEFT_API task_handle {
  public:
    std::uint64_t id() const;
    std::string name() const;
    void set_name(std::string name);

    bool done() const;
    // Ended because it was cancelled.
    bool cancelled() const;
    // Requests that the task stop: its current or next blocking call throws `cancelled` once. A
    // task that has not begun never runs its body. False when it is done. asyncio.Task.cancel.
    bool cancel(std::string message = {});
    // How many cancels are outstanding, that is, not taken back by uncancel().
    int cancelling() const;
    // Takes one request back and returns how many are left; at 0 a cancel that has not been
    // delivered yet is dropped.
    int uncancel();

    // Blocks until the task has ended; its error is not thrown. Cancellable: the waiter leaves, the
    // task goes on. Throws cancelled, not_in_task, invalid_state when the task waits for itself.
    void wait();

    // Calls f(task_ref) on the loop's own stack once the task has ended, in order of adding; soon
    // if it has ended already. f must not block; what it throws goes to the loop's exception
    // handler.
    template <callback<task_ref> F>
    callback_id add_done_callback(F&& f);
    // False when there is no such callback any more.
    bool remove_done_callback(callback_id id);

  protected:
    task_handle() noexcept = default;
    explicit task_handle(task_pointer task) noexcept : task_(std::move(task)) {}
    task_handle(const task_handle&) = default;
    task_handle(task_handle&&) noexcept = default;
    task_handle& operator=(const task_handle&) = default;
    task_handle& operator=(task_handle&&) noexcept = default;
    ~task_handle() = default;

    // The task, or invalid_state naming the call.
    task_state& state(const char* call) const;
    std::exception_ptr task_exception() const;
    friend task_state* state_of(const task_handle& handle) noexcept { return handle.task_.get(); }

    task_pointer task_;

  private:
    callback_id add_callback(std::function<void(task_ref)> f);
};

} // namespace detail

// A copyable observer of a task, without its value's type. Keeps the task's state alive, not its
// work.
class WEFT_API task_ref : public detail::task_handle {
  public:
    explicit task_ref(detail::task_pointer task) noexcept : task_handle(std::move(task)) {}
    friend bool operator==(const task_ref& a, const task_ref& b) noexcept {
        return a.task_ == b.task_;
    }
};

// A copyable observer that can also read the result.
template <class T>
class task_view : public task_ref {
  public:
    using task_ref::task_ref;

    // get waits for the end and returns a copy of the value, or throws the task's error
    // (`cancelled` when it was cancelled). Cancellable: the waiter leaves, the task goes on.
    T get() {
        detail::wait_for_end(this->task_, false, "weft::task_view::get");
        detail::require_result(this->task_, "weft::task_view::get");
        if constexpr (!std::is_void_v<T>) {
            return static_cast<detail::task_value<T>*>(this->task_.get())->value();
        }
    }

    // The value, or the task's error, without waiting: invalid_state when it is not done.
    detail::result_view<T> result() const {
        detail::require_result(this->task_, "weft::task_view::result");
        if constexpr (!std::is_void_v<T>) {
            return static_cast<detail::task_value<T>*>(this->task_.get())->value();
        }
    }

    // The error, or null; throws `cancelled` for a cancelled task, invalid_state for one not done.
    std::exception_ptr exception() const { return this->task_exception(); }
};

// The owner of a running task. Move-only. The destructor cancels the task and waits for its end; a
// cancel of the waiting task that arrives meanwhile is kept for its next blocking call.
// asyncio.Task.
template <class T>
class [[nodiscard]] task : public detail::task_handle {
  public:
    task() noexcept = default;
    explicit task(detail::task_pointer t) noexcept : task_handle(std::move(t)) {}
    task(task&&) noexcept = default;
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            end();
            task_ = std::move(other.task_);
        }
        return *this;
    }
    ~task() { end(); }

    // get waits for the end and returns the value, moved out, or throws the task's error; once, as
    // std::future: afterwards the handle is empty. When the waiting task is cancelled, so is this
    // one; get then waits for its end and throws `cancelled`, and the handle keeps what the task
    // made of it.
    T get() {
        detail::wait_for_end(this->task_, true, "weft::task::get");
        const detail::task_pointer taken = std::move(this->task_);
        detail::require_result(taken, "weft::task::get");
        if constexpr (!std::is_void_v<T>) {
            return std::forward<T>(static_cast<detail::task_value<T>*>(taken.get())->value());
        }
    }

    // The value, or the task's error, without waiting: invalid_state when it is not done.
    detail::result_view<T> result() const {
        detail::require_result(this->task_, "weft::task::result");
        if constexpr (!std::is_void_v<T>) {
            return static_cast<detail::task_value<T>*>(this->task_.get())->value();
        }
    }

    // The error, or null; throws `cancelled` for a cancelled task, invalid_state for one not done.
    std::exception_ptr exception() const { return this->task_exception(); }

    // Whether this handle holds a task.
    bool valid() const noexcept { return static_cast<bool>(this->task_); }

    // Lets the task go on without an owner; the loop keeps it until its end, and the end of run()
    // cancels it. Its error, if any, is reported.
    void detach() {
        this->state("weft::task::detach");
        this->task_ = {};
    }

    task_view<T> view() const {
        this->state("weft::task::view");
        return task_view<T>(this->task_);
    }

  private:
    void end() noexcept {
        if (this->task_) {
            detail::cancel_and_join(*this->task_.get());
        }
    }
};

// The task that is running. not_in_task in a callback, no_running_loop outside run().
WEFT_API task_ref current_task();

// All tasks of this loop that are not done, in order of their spawning.
WEFT_API std::vector<task_ref> all_tasks();

// spawn starts f(args...) as a task of this thread's loop; arguments are copied or moved as
// std::thread does. It runs in the next turn, after what is ready now, and gets its stack then.
// Does not block. Throws no_running_loop outside run(), spawn_error when there is no memory for it.
// asyncio.create_task.
template <class F>
requires std::invocable<std::decay_t<F>>
auto spawn(F&& f, detail::source_location where = detail::std_source_location::current())
    -> task<std::invoke_result_t<std::decay_t<F>>> {
    using R = std::invoke_result_t<std::decay_t<F>>;
    return task<R>(detail::start_task(detail::make_task<R>(std::forward<F>(f)), nullptr, where));
}

template <class F, class First, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<First>, std::decay_t<Args>...>
auto spawn(F&& f, First&& first, Args&&... args)
    -> task<std::invoke_result_t<std::decay_t<F>, std::decay_t<First>, std::decay_t<Args>...>> {
    using R = std::invoke_result_t<std::decay_t<F>, std::decay_t<First>, std::decay_t<Args>...>;
    return task<R>(
        detail::start_task(detail::make_task<R>(std::forward<F>(f), std::forward<First>(first),
                                                std::forward<Args>(args)...),
                           nullptr, detail::source_location()));
}

template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
auto spawn(task_options options, F&& f, Args&&... args)
    -> task<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>> {
    using R = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
    return task<R>(
        detail::start_task(detail::make_task<R>(std::forward<F>(f), std::forward<Args>(args)...),
                           &options, options.where));
}

template <detail::callback<task_ref> F>
callback_id detail::task_handle::add_done_callback(F&& f) {
    return add_callback(std::function<void(task_ref)>(std::forward<F>(f)));
}

} // namespace weft
