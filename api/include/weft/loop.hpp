// SPDX-License-Identifier: BSL-1.0
//
// The loop of a thread: callbacks, timers, descriptors, signals, and the doors through which other
// threads reach it. Tasks rarely need it; they block instead.
//
// Callbacks run on the loop's own stack, one queue with the tasks, first in first out, and are
// destroyed once they have run; blocking there throws not_in_task. What a callback throws goes to
// the exception handler, and the loop goes on. Those that have not run when the loop ends are
// destroyed; what is ready when run()'s main task ends still runs.
//
// Lifetime: a loop object lives until run() returns, that of a runner until its runner is
// destroyed, and longer while a work_guard of it exists. Once the loop has ended its members throw
// invalid_state.
//
// Threads: post(), submit() and stop() may be called on any thread; every other member throws
// wrong_loop on another one than the loop's. asyncio.AbstractEventLoop.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/callback.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/source_location.hpp>
#include <weft/detail/submission.hpp>
#include <weft/detail/unique_function.hpp>
#include <weft/exception_context.hpp>
#include <weft/handle.hpp>
#include <weft/metrics.hpp>
#include <weft/work_guard.hpp>

#include <concepts>
#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weft {

namespace detail {
class loop_core;
}

class WEFT_API loop : public std::enable_shared_from_this<loop> {
  public:
    ~loop();
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    // The time by which deadlines are judged: std::chrono::steady_clock's, or virtual time.
    clock::time_point time() const;

    // Calls f() once, behind everything that is ready now. asyncio.loop.call_soon.
    template <detail::callback F>
    handle call_soon(F&& f,
                     detail::source_location where = detail::std_source_location::current()) {
        return call_soon_erased(std::forward<F>(f), where);
    }

    // Calls f() once, when `when` has come: never early, those that are due together in the order
    // of their times, those of one time in the order of these calls. A point in the past: in the
    // next iteration, behind what is ready. asyncio.loop.call_at.
    template <detail::callback F>
    handle call_at(clock::time_point when, F&& f,
                   detail::source_location where = detail::std_source_location::current()) {
        return call_at_erased(when, std::forward<F>(f), where);
    }

    // The same, `d` from now; a negative one counts as due for so long already. A floating NaN:
    // std::invalid_argument; too long to add to the present: never. asyncio.loop.call_later.
    template <class Rep, class Period, detail::callback F>
    handle call_later(std::chrono::duration<Rep, Period> d, F&& f,
                      detail::source_location where = detail::std_source_location::current()) {
        return call_later_erased(detail::to_ticks(d, "weft::loop::call_later"), std::forward<F>(f),
                                 where);
    }

    // call_soon from any thread (not from a signal handler). Those of one thread run in the order
    // of posting; on the loop's own thread it is the same as call_soon. Throws invalid_state when
    // the loop has ended; when it ends later, f is destroyed without being called.
    // asyncio.loop.call_soon_threadsafe.
    template <detail::callback F>
    void post(F&& f, detail::source_location where = detail::std_source_location::current()) {
        post_erased(std::forward<F>(f), where);
    }

    // Runs f() as a task of this loop, from any thread. The future gets what f returns or throws;
    // `cancelled` when the task was cancelled, as it is when the loop ends first; invalid_state
    // when the loop had ended before it could start. Waiting for the future blocks the thread, so
    // never do that on the loop's own. asyncio.run_coroutine_threadsafe.
    template <class F>
    requires std::invocable<std::decay_t<F>>
    auto submit(F&& f, detail::source_location where = detail::std_source_location::current())
        -> std::future<std::invoke_result_t<std::decay_t<F>>> {
        return submit(std::stop_token(), std::forward<F>(f), where);
    }

    // The same; a stop request cancels the task, from any thread.
    template <class F>
    requires std::invocable<std::decay_t<F>>
    auto submit(std::stop_token stop, F&& f,
                detail::source_location where = detail::std_source_location::current())
        -> std::future<std::invoke_result_t<std::decay_t<F>>> {
        using R = std::invoke_result_t<std::decay_t<F>>;
        auto work = std::make_unique<detail::submission_of<R, std::decay_t<F>>>(std::forward<F>(f));
        std::future<R> result = work->future();
        submit_erased(std::move(work), std::move(stop), where);
        return result;
    }

    // Calls f() in every iteration in which fd can be read (written), until removed; so f reads, or
    // removes itself. A second one takes the place of the first. fd stays the caller's: remove the
    // callback before closing it. A task may wait for the same descriptor; both are told. Throws
    // std::system_error: EBADF when it is not open, EPERM for what never blocks, such as a file.
    // asyncio.loop.add_reader, add_writer.
    template <detail::callback F>
    void add_reader(int fd, F&& f,
                    detail::source_location where = detail::std_source_location::current()) {
        add_descriptor_callback(fd, false, std::forward<F>(f), where);
    }
    template <detail::callback F>
    void add_writer(int fd, F&& f,
                    detail::source_location where = detail::std_source_location::current()) {
        add_descriptor_callback(fd, true, std::forward<F>(f), where);
    }
    // The callback is not called any more, even if its turn was next. False when there is none.
    bool remove_reader(int fd);
    bool remove_writer(int fd);

    // Calls f() after the signal has come, to the process or to any thread that does not block it;
    // several that come before that count as one. Takes the place of an earlier handler of this
    // loop; handlers of other loops are called, too. What the signal did before is put back when
    // the last of them is removed or its loop ends. Throws std::invalid_argument for SIGKILL,
    // SIGSTOP, the faults (SIGSEGV, SIGBUS, SIGFPE, SIGILL) and what is no signal.
    // asyncio.loop.add_signal_handler.
    template <detail::callback F>
    void
    add_signal_handler(int signal_number, F&& f,
                       detail::source_location where = detail::std_source_location::current()) {
        add_signal_handler_erased(signal_number, std::forward<F>(f), where);
    }
    // False when there is none.
    bool remove_signal_handler(int signal_number);

    // Whom to tell of errors that nobody is left to catch: of tasks and callbacks, and at the end
    // of the loop. Called at once, on whatever stack the error was found; must not block. Errors of
    // its own are written to stderr. An empty function: one line on stderr, the default.
    // asyncio.loop.set_exception_handler.
    void set_exception_handler(std::function<void(const exception_context&)> handler);

    // Says that somebody outside will wake a task of this loop, until the guard is dropped.
    work_guard hold();

    // Ends the run() or runner::run() that is going on as if its main task had been cancelled: it
    // throws `cancelled` unless that task returns all the same. When none is going on, the next one
    // ends at once. Any thread; nothing happens when the loop has ended. asyncio.loop.stop.
    void stop() noexcept;

    // The debug mode: run_options::debug, or WEFT_DEBUG=1 in the environment.
    bool debug() const;
    void set_debug(bool on);

    metrics stats() const;

  private:
    friend class detail::loop_core;
    friend class work_guard;
    struct parts;

    explicit loop(detail::loop_core& core);
    detail::loop_core& core(const char* call) const;
    void core_ended() noexcept;
    handle call_soon_erased(detail::unique_function f, detail::source_location where);
    handle call_at_erased(clock::time_point when, detail::unique_function f,
                          detail::source_location where);
    handle call_later_erased(clock::duration d, detail::unique_function f,
                             detail::source_location where);
    void add_descriptor_callback(int fd, bool write, detail::unique_function f,
                                 detail::source_location where);
    void add_signal_handler_erased(int signal_number, detail::unique_function f,
                                   detail::source_location where);
    void post_erased(detail::unique_function f, detail::source_location where);
    void submit_erased(std::unique_ptr<detail::submission> work, std::stop_token stop,
                       detail::source_location where);

    const std::unique_ptr<parts> parts_;
};

// The loop that runs this thread's tasks and callbacks. no_running_loop outside run(). asyncio's
// get_running_loop.
WEFT_API loop& running_loop();
// The same, null outside.
WEFT_API loop* running_loop_or_null() noexcept;

} // namespace weft
