// SPDX-License-Identifier: BSL-1.0
//
// run(): a loop on this thread, and a first task in it. asyncio.run.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/task_state.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft {

struct run_options {
    bool debug = false; // reserved for the debug mode
    // Bytes of address space for each running task, its guard pages included; memory is committed
    // page by page on use. Rounded up to whole pages, at least 16 KiB.
    std::size_t stack_size = std::size_t{256} * 1024;
    std::chrono::milliseconds slow_step{100};       // reserved for the debug mode
    std::optional<std::uint64_t> shuffle_seed = {}; // reserved for tests of order
    // For tests: time stands still while anything can run and jumps to the next deadline when
    // nothing can.
    bool virtual_time = false;
    // How long, in real time, run() waits at its end for tasks that refuse to end.
    std::chrono::milliseconds shutdown_timeout{10'000};
};

namespace detail {

// One run(): makes the loop in its constructor, takes it down in its destructor.
class WEFT_API run_session {
  public:
    explicit run_session(const run_options& options);
    ~run_session();
    run_session(const run_session&) = delete;
    run_session& operator=(const run_session&) = delete;

    // Runs until the main task and then every other one has ended. Throws main's error.
    void run(const task_pointer& main);

  private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

WEFT_API task_pointer start_main(task_state* made, source_location where);

} // namespace detail

// Makes a loop on this thread, runs main() as its first task and returns what main returned, or
// throws what it threw. At the end every task that is left is cancelled and waited for, and the
// errors nobody asked for are reported; a task that has not ended after options.shutdown_timeout is
// named on stderr and the process aborts, because a live stack is never freed.
//
// Blocks the thread. Throws invalid_state inside another run() on the same thread, deadlock_error
// when every task waits and nothing can wake one, std::system_error when the kernel has no
// descriptors for a loop. Different threads may run loops of their own at the same time.
template <class F>
auto run(const run_options& options, F&& main,
         detail::source_location where = detail::source_location::current())
    -> std::invoke_result_t<std::decay_t<F>> {
    using R = std::invoke_result_t<std::decay_t<F>>;
    detail::task_pointer task;
    {
        detail::run_session session(options);
        task = detail::start_main(detail::make_task<R>(std::forward<F>(main)), where);
        session.run(task);
    }
    if constexpr (!std::is_void_v<R>) {
        return std::forward<R>(static_cast<detail::task_value<R>*>(task.get())->value());
    }
}

template <class F>
requires std::invocable<std::decay_t<F>>
auto run(F&& main, detail::source_location where = detail::source_location::current())
    -> std::invoke_result_t<std::decay_t<F>> {
    return weft::run(run_options{}, std::forward<F>(main), where);
}

} // namespace weft
