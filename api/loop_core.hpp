// SPDX-License-Identifier: BSL-1.0
//
// One loop as the API sees it: the composition of port, scheduler, tasks and callbacks. Exists from
// the start of a run() to its end, or as long as its runner, on one thread.
//
// Invariant: a task is in tasks() exactly from its spawning to its end; a descriptor is in
// descriptors() while it is open. The loop is destroyed only when no task is left; callbacks that
// are left are then destroyed without being called.
#pragma once

#include "api/block_cache.hpp"
#include "api/descriptor_callbacks.hpp"
#include "api/generator_core.hpp"
#include "api/io/descriptor.hpp"
#include "api/loop_callback.hpp"
#include "api/loop_signals.hpp"
#include "api/loop_threads.hpp"
#include "api/posix/interruption.hpp"
#include "api/slow_steps.hpp"
#include "api/task_core.hpp"
#include "fibers/scheduler.hpp"
#include "fibers/virtual_port.hpp"
#include "reactor/loop.hpp"

#include <weft/errors.hpp>
#include <weft/loop.hpp>
#include <weft/run.hpp>

#include <boost/intrusive/list.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace weft::detail {

// Several ways for a cancel to go: a task's wait for several others, to each of which it hands the
// cancel on, or those that a failure cancels.
struct cancel_branch {
    // The next task to cancel, null when there is none left. Cancels futures itself.
    task_core* (*next)(cancel_branch&, const std::string& message) noexcept;
    task_core* waiter = nullptr; // null when no wait led here
    cancel_branch* rest = nullptr;
    bool in_progress = false;
};

class loop_core {
  public:
    explicit loop_core(const run_options& options);
    ~loop_core();
    loop_core(const loop_core&) = delete;
    loop_core& operator=(const loop_core&) = delete;

    // The loop that runs on this thread, or null.
    static loop_core* running() noexcept { return running_; }
    // The same, or the one made last on this thread that is waiting to be run again.
    static loop_core* of_this_thread() noexcept { return running_ != nullptr ? running_ : newest_; }
    // In the child of a fork() that this thread made: it has no loop any more. What runs goes on as
    // a plain process; when its task or callback returns, the process ends.
    static void forget_in_child() noexcept;

    bool on_own_thread() const noexcept { return thread_ == this_thread(); }

    // Makes the loop the running one for the length of a scope.
    class entry {
      public:
        explicit entry(loop_core& loop) noexcept : before_(std::exchange(running_, &loop)) {}
        ~entry() { running_ = before_; }
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;

      private:
        loop_core* before_;
    };

    // What programs see of it.
    loop& face() noexcept { return *face_; }
    // It is being destroyed.
    bool ended() const noexcept { return ended_; }
    fibers::scheduler& scheduler() noexcept { return scheduler_; }
    reactor::loop& port() noexcept { return reactor_; }
    reactor::readiness& descriptors() noexcept { return reactor_.descriptors(); }

    task_core* current_task() const noexcept {
        return static_cast<task_core*>(scheduler_.current());
    }
    block_cache& blocks() noexcept { return blocks_; }
    // Its own threads for such calls, made when first asked for.
    reactor::thread_pool& threads(thread_use use) { return threads_.of(use); }
    // Memory for what does not outlast a suspension; no two suspended tasks use it.
    std::span<char> scratch() noexcept { return scratch_; }
    task_list& tasks() noexcept { return tasks_; }
    void add_task(task_core& t) noexcept {
        tasks_.push_back(t);
        ++spawned_;
    }
    callback_list& callbacks() noexcept { return callbacks_; }
    detail::descriptor_callbacks& descriptor_callbacks() noexcept { return descriptor_callbacks_; }
    loop_signals& signals() noexcept { return signals_; }
    detail::interruption& interruption() noexcept { return interruption_; }
    descriptor_list& open_descriptors() noexcept { return open_; }
    generator_list& open_generators() noexcept { return generators_; }
    std::uint64_t next_task_id() noexcept {
        if (next_id_ == last_id_) {
            take_id_block();
        }
        return next_id_++;
    }

    // Around every cancel of a task. Cancelling runs no code of a task's, but it can end futures,
    // and so lead to other cancels: these join the one in progress instead of starting within it.
    std::uint32_t begin_cancel() noexcept {
        ++cancels_in_progress_;
        return ++cancel_round_;
    }
    void end_cancel() noexcept { --cancels_in_progress_; }
    bool cancel_in_progress() const noexcept { return cancels_in_progress_ > 0; }
    // Adds ways to the cancel in progress, which goes them when it can go no further.
    void add_cancel_branch(cancel_branch& b) noexcept;
    // The next task on one of them, and whose wait that is; null when none is left.
    task_core* next_on_cancel_branches(task_core*& waiter, const std::string& message) noexcept;
    // Called by every task as its last act on the loop.
    void task_ended(const task_core& t) noexcept;
    // Around every done callback's stay in the ready queue: the loop does not end before it has
    // run.
    void callback_queued() noexcept { ++queued_callbacks_; }
    void callback_ran() noexcept;

    // The point at which a wait that starts now ends; `never` when d is too long to add.
    fibers::time_point deadline_after(fibers::clock::duration d) const noexcept;

    // Runs until the task has ended. Throws deadlock_error, also then once it has ended.
    void run_main(task_core& main);
    // The same, then end_all_tasks().
    void run_main_and_end(task_core& main);
    // Cancels all tasks and runs until they and the callbacks that are ready have ended.
    void end_all_tasks();
    // For a loop that somebody else runs, to be called again and again: the same, in so far as a
    // call that returns at once can do it. Aborts when tasks refuse to end.
    void go_on_ending_tasks(fibers::time_point limit) noexcept;
    // Until when tasks may take to end, if they are cancelled now.
    fibers::time_point shutdown_limit() const;
    // Where their loop ends and their stacks are in other hands.
    void require_no_tasks() noexcept;
    // For a runner that is polled: looks once at timers and events, waiting for them up to
    // max_wait, and runs what is ready.
    void serve(fibers::clock::duration max_wait) noexcept;
    // Whether anything is left that could ever run.
    bool has_work() const noexcept;
    // Makes the port's outer descriptor tell of everything that may come from now on. Returns how
    // long until the next timer; zero when something is ready already.
    std::optional<fibers::clock::duration> prepare_outer_sleep() noexcept;

    // Cancels the main task of this run or, if there is none, of the next.
    void stop() noexcept;

    bool in_virtual_time() const noexcept { return virtual_time_ != nullptr; }
    bool debug() const noexcept { return options_.debug; }
    void set_debug(bool on);
    metrics stats() const;

    using exception_handler = std::function<void(const exception_context&)>;
    void set_exception_handler(exception_handler handler);
    // The handler, unless there is none or it is being called; for the length of a call.
    std::shared_ptr<const exception_handler> exception_handler_to_call() noexcept;
    void exception_handler_called() noexcept { in_exception_handler_ = false; }

  private:
    enum class phase : std::uint8_t { idle, running_main, ending };

    void take_id_block() noexcept;
    void cancel_all();
    void end_main(task_core& main);
    bool wave_ended() const noexcept;
    std::string describe_tasks() const;
    [[noreturn]] void abort_over_refusal(const std::string& why) noexcept;

    static thread_local constinit loop_core* running_;
    static thread_local constinit loop_core* newest_;

    const void* const thread_ = this_thread();
    run_options options_;
    block_cache blocks_;
    std::array<char, std::size_t{64} * 1024> scratch_;
    reactor::loop reactor_;
    std::unique_ptr<fibers::virtual_port> virtual_time_; // null: real time
    fibers::scheduler scheduler_;
    std::shared_ptr<loop> face_;
    task_list tasks_;
    callback_list callbacks_;
    detail::descriptor_callbacks descriptor_callbacks_{*this};
    loop_signals signals_{*this};
    detail::interruption interruption_{scheduler_};
    descriptor_list open_;
    generator_list generators_;
    loop_threads threads_;
    std::uint64_t next_id_ = 0;
    std::uint64_t last_id_ = 0;
    std::uint32_t cancel_round_ = 0;
    int cancels_in_progress_ = 0;
    cancel_branch* branches_ = nullptr;
    std::uint64_t spawned_ = 0;
    task_core* main_ = nullptr; // while it runs
    phase phase_ = phase::idle;
    bool ended_ = false;
    bool stop_next_run_ = false;
    bool finished_ = false;         // what run_main() and end_all_tasks() wait for now
    std::uint64_t end_of_wave_ = 0; // at the end of run(): tasks below this id have been cancelled
    std::size_t queued_callbacks_ = 0;
    std::shared_ptr<const exception_handler> exception_handler_;
    bool in_exception_handler_ = false;
    std::atomic<std::uint64_t> slow_steps_ = 0;
    std::unique_ptr<slow_step_watch> slow_step_watch_; // null: not in debug mode
};

[[noreturn]] void throw_no_running_loop(const char* call);
[[noreturn]] void throw_not_in_task(const char* call);
[[noreturn]] void throw_timeout(const char* call);

// The running loop; no_running_loop, naming the call, when there is none.
inline loop_core& require_running_loop(const char* call) {
    loop_core* loop = loop_core::running();
    if (loop == nullptr) [[unlikely]] {
        throw_no_running_loop(call);
    }
    return *loop;
}

// The running task; not_in_task on the loop's own stack.
inline task_core& require_running_task(const char* call) {
    task_core* t = require_running_loop(call).current_task();
    if (t == nullptr) [[unlikely]] {
        throw_not_in_task(call);
    }
    return *t;
}

// Parks the running task. Throws `cancelled`.
fibers::wake_reason block(fibers::wait_site& site, fibers::time_point deadline = fibers::never);
// What is thrown to those who ask a cancelled task or future, or are a cancelled task.
cancelled cancelled_by(const completion& c);
// Inline, as the next one: an exception pays for each frame on its way.
[[noreturn, gnu::always_inline]] inline void throw_cancelled(const completion& c) {
    throw cancelled_by(c);
}
// The running task was cancelled.
[[noreturn, gnu::always_inline]] inline void throw_cancelled_here() {
    throw cancelled_by(*loop_core::running()->current_task());
}

// Lets everything that is ready run once. Throws `cancelled`.
[[gnu::always_inline]] inline void take_turn(fibers::scheduler& s) {
    if (s.yield() == fibers::wake_reason::cancelled) [[unlikely]] {
        throw_cancelled_here();
    }
}

// Whether a wait until then is over before it begins.
inline bool has_passed(fibers::time_point deadline, const fibers::scheduler& s) noexcept {
    return deadline != fibers::never && deadline <= s.now();
}

} // namespace weft::detail
