// SPDX-License-Identifier: BSL-1.0
//
// Calls that block the thread, made on other threads while this one goes on with other tasks.
#pragma once

#include <weft/detail/export.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace weft {

class thread_pool;

namespace detail {

// A call with its result; made in a task, run on a thread, taken or dropped on the loop.
class WEFT_API thread_call {
  public:
    thread_call() noexcept = default;
    virtual ~thread_call();
    thread_call(const thread_call&) = delete;
    thread_call& operator=(const thread_call&) = delete;
    virtual void run() = 0;
};

// Runs call->run() on a thread of the pool (null: the loop's own), blocks the running task until it
// has returned, gives it back. Throws what it threw, `cancelled`, std::system_error.
WEFT_API std::unique_ptr<thread_call> run_in_thread(std::unique_ptr<thread_call> call,
                                                    thread_pool* pool, const char* name);

template <class R, class F, class... Args>
class thread_call_of final : public thread_call {
  public:
    template <class G, class... As>
    explicit thread_call_of(G&& f, As&&... args)
        : function_(std::in_place, std::forward<G>(f), std::forward<As>(args)...) {}

    R take() {
        if constexpr (std::is_reference_v<R>) {
            return static_cast<R>(**result_);
        } else if constexpr (!std::is_void_v<R>) {
            return std::move(*result_);
        }
    }

  private:
    struct callable {
        template <class G, class... As>
        explicit callable(G&& given, As&&... with)
            : f(std::forward<G>(given)), args(std::forward<As>(with)...) {}
        R operator()() {
            return std::apply(
                [this](Args&... a) -> R { return std::invoke(std::move(f), std::move(a)...); },
                args);
        }
        F f;
        std::tuple<Args...> args;
    };
    using stored =
        std::conditional_t<std::is_void_v<R>, std::monostate,
                           std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*,
                                              std::remove_cv_t<R>>>;

    void run() override {
        // What the callable holds is gone before the task hears of the end.
        struct at_end {
            std::optional<callable>& f;
            ~at_end() { f.reset(); }
        } const guard{function_};
        if constexpr (std::is_void_v<R>) {
            (*function_)();
        } else if constexpr (std::is_reference_v<R>) {
            auto&& made = (*function_)();
            result_.emplace(std::addressof(made));
        } else {
            result_.emplace((*function_)());
        }
    }

    std::optional<callable> function_;
    std::optional<stored> result_;
};

template <class F, class... Args>
using thread_result = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;

template <class F, class... Args>
thread_result<F, Args...> call_in_thread(thread_pool* pool, const char* name, F&& f,
                                         Args&&... args) {
    using R = thread_result<F, Args...>;
    using made = thread_call_of<R, std::decay_t<F>, std::decay_t<Args>...>;
    const auto done = run_in_thread(
        std::make_unique<made>(std::forward<F>(f), std::forward<Args>(args)...), pool, name);
    return static_cast<made&>(*done).take();
}

} // namespace detail

// Threads of the program's own for run_in(), apart from those of to_thread(): to bound how many
// calls of one kind run at once, or to keep slow ones from holding up others. Threads are started
// when they are first needed, with all signals blocked, and kept. May be used by tasks of several
// loops. concurrent.futures.ThreadPoolExecutor.
class WEFT_API thread_pool {
  public:
    // At most that many. 0: std::invalid_argument.
    explicit thread_pool(std::size_t threads);
    // Blocks the thread until what was begun or queued has been run; it must outlive who waits.
    ~thread_pool();
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    std::size_t size() const noexcept;

  private:
    friend std::unique_ptr<detail::thread_call>
    detail::run_in_thread(std::unique_ptr<detail::thread_call> call, thread_pool* pool,
                          const char* name);
    struct threads;
    std::unique_ptr<threads> threads_;
};

// to_thread runs f(args...) on a thread of the loop's own pool (at most as many as cores and four,
// and never more than 32) and blocks this task, not the thread, until it has returned; arguments
// are copied or moved as std::thread does. Always at least one turn. The thread sees the task's
// context variables; it is in no task, so what blocks in weft throws no_running_loop there.
//
// Cancellable: the task leaves at once with `cancelled`; a call that has not begun is withdrawn,
// one that has runs to its end and its result is dropped, on the loop's thread. So it must own what
// it uses. run() waits at its end for calls that still run. Throws what f throws, cancelled,
// not_in_task, no_running_loop; std::system_error when there is no thread to be had.
// asyncio.to_thread.
template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
auto to_thread(F&& f, Args&&... args) -> detail::thread_result<F, Args...> {
    return detail::call_in_thread(nullptr, "weft::to_thread", std::forward<F>(f),
                                  std::forward<Args>(args)...);
}

// The same on threads of the program's own. loop.run_in_executor.
template <class F, class... Args>
requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
auto run_in(thread_pool& pool, F&& f, Args&&... args) -> detail::thread_result<F, Args...> {
    return detail::call_in_thread(&pool, "weft::run_in", std::forward<F>(f),
                                  std::forward<Args>(args)...);
}

} // namespace weft
