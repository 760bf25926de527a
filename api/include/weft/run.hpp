// SPDX-License-Identifier: BSL-1.0
//
// run(): a loop on this thread, and a first task in it.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/task_state.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft {

struct run_options {
    // The debug mode, also by WEFT_DEBUG=1 in the environment: lines on stderr about steps that
    // hold the loop for longer than slow_step (with task and stack; uses the signal SIGURG) and
    // about tasks that swallow a cancel.
    bool debug = false;
    // Bytes of address space for each running task, its guard pages included; memory is committed
    // page by page on use. Rounded up to whole pages, at least 16 KiB.
    std::size_t stack_size = std::size_t{256} * 1024;
    std::chrono::milliseconds slow_step{100}; // debug mode, in real time
    // For tests: ready tasks, timers due at the same time and I/O events come in a random order,
    // the same for the same seed, to find what relies on more order than is promised. Callbacks
    // keep theirs. WEFT_SHUFFLE_SEED in the environment sets it from outside.
    std::optional<std::uint64_t> shuffle_seed = {};
    // For tests: time stands still while anything can run and jumps to the next deadline when
    // nothing can.
    bool virtual_time = false;
    // How long, in real time, run() waits at its end for tasks that refuse to end.
    std::chrono::milliseconds shutdown_timeout{10'000};
};

class loop;
class runner;

namespace detail {

// One run on a loop of its own or on a runner's: makes or enters the loop in its constructor, ends
// or leaves it in its destructor.
class WEFT_API run_session {
  public:
    explicit run_session(const run_options& options);
    explicit run_session(runner& r);
    ~run_session();
    run_session(const run_session&) = delete;
    run_session& operator=(const run_session&) = delete;

    // Runs until the main task has ended; on a loop of its own, until every other one has, too.
    // Throws main's error.
    void run(const task_pointer& main);

  private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

WEFT_API task_pointer start_main(task_state* made, source_location where);

// `where_to_run`: run_options for a new loop, or a runner.
template <class Place, class F>
auto run_main(Place&& where_to_run, F&& main, source_location where)
    -> std::invoke_result_t<std::decay_t<F>> {
    using R = std::invoke_result_t<std::decay_t<F>>;
    task_pointer task;
    {
        run_session session(where_to_run);
        task = start_main(make_task<R>(std::forward<F>(main)), where);
        session.run(task);
    }
    if constexpr (!std::is_void_v<R>) {
        return std::forward<R>(static_cast<task_value<R>*>(task.get())->value());
    }
}

} // namespace detail

// Makes a loop on this thread, runs main() as its first task and returns what main returned, or
// throws what it threw. At the end every task that is left is cancelled and waited for, and the
// errors nobody asked for are reported; a task that has not ended after options.shutdown_timeout is
// named on stderr and the process aborts, because a live stack is never freed.
//
// On the process's main thread, where the program has left SIGINT at its default, the first SIGINT
// cancels the main task, and the second ends the process as usual.
//
// Blocks the thread. Throws invalid_state inside another run() on the same thread, `cancelled` when
// main ended because of SIGINT or loop::stop(), deadlock_error when every task waits and nothing
// can wake one, std::system_error when the kernel has no descriptors for a loop. Different threads
// may run loops of their own at the same time. asyncio.run.
template <class F>
auto run(const run_options& options, F&& main,
         detail::source_location where = detail::std_source_location::current())
    -> std::invoke_result_t<std::decay_t<F>> {
    return detail::run_main(options, std::forward<F>(main), where);
}

template <class F>
requires std::invocable<std::decay_t<F>>
auto run(F&& main, detail::source_location where = detail::std_source_location::current())
    -> std::invoke_result_t<std::decay_t<F>> {
    return weft::run(run_options{}, std::forward<F>(main), where);
}

} // namespace weft
