// SPDX-License-Identifier: BSL-1.0
//
// A time limit on a stretch of code. The body runs in the calling task, so it may use whatever the
// task owns; the limit reaches every blocking call inside, however deep.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/task_state.hpp>
#include <weft/detail/wait_queue.hpp>
#include <weft/errors.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft {

// The time limit that is in force in a body run by with_timeout() or with_deadline(), which may be
// moved while the body runs. Valid until the body ends; belongs to the loop's thread.
// asyncio.Timeout.
class WEFT_API timeout_scope {
  public:
    // Made by with_timeout() and with_deadline() only.
    enum class limit_is : bool { in_future, anywhere };
    timeout_scope(clock::time_point when, limit_is where, const char* call);
    ~timeout_scope();
    timeout_scope(const timeout_scope&) = delete;
    timeout_scope& operator=(const timeout_scope&) = delete;

    // When the limit comes; nothing when there is none.
    std::optional<clock::time_point> when() const noexcept;
    // Moves the limit, or takes it away. A point in the past comes at the next turn. Throws
    // invalid_state when the limit has come already, wrong_loop on another thread.
    void reschedule(std::optional<clock::time_point> when);
    // Whether the limit has come.
    bool expired() const noexcept;

    // The body has left with `cancelled`: throws timeout_error when this scope has caused it.
    void throw_if_mine();

  private:
    class limit; // a timer that cancels the task
    limit& inside() noexcept;
    const limit& inside() const noexcept;
    void arm(clock::time_point when, limit_is where) noexcept;
    bool leave() noexcept;

    const char* call_;
    alignas(void*) std::byte limit_[80];
    bool left_ = false;
};

namespace detail {

// What may run under a time limit.
template <class F>
concept limited_body = std::invocable<F> || std::invocable<F, timeout_scope&>;

template <class F>
auto run_limited(clock::time_point when, timeout_scope::limit_is where, F&& body, const char* call)
    -> decltype(auto) {
    timeout_scope scope(when, where, call);
    try {
        if constexpr (std::invocable<F, timeout_scope&>) {
            return std::forward<F>(body)(scope);
        } else {
            return std::forward<F>(body)();
        }
    } catch (const cancelled&) {
        scope.throw_if_mine();
        throw;
    }
}

} // namespace detail

// with_deadline runs body(), or body(timeout_scope&), in this task and returns what it returns.
// When `deadline` comes first, the body's current or next blocking call throws `cancelled`, once;
// if the body then leaves with that, timeout_error is thrown. A body that ends otherwise has its
// way: its value is returned, its error thrown (scope.expired() tells). A body that does not block
// is not interrupted. Of scopes inside each other that end at the same time only the outermost
// throws timeout_error. A cancel from outside goes through as `cancelled`. A deadline in the past
// reaches the body's first blocking call; clock::time_point::max() is no limit.
//
// Does not block by itself, allocates nothing. Throws not_in_task, no_running_loop.
// asyncio.timeout_at.
template <detail::limited_body F>
auto with_deadline(clock::time_point deadline, F&& body) -> decltype(auto) {
    return detail::run_limited(deadline, timeout_scope::limit_is::anywhere, std::forward<F>(body),
                               "weft::with_deadline");
}

// The same, `d` from now. Zero or negative: a deadline in the past; too long to add: no limit; a
// floating NaN: std::invalid_argument. asyncio.timeout.
template <class Rep, class Period, detail::limited_body F>
auto with_timeout(std::chrono::duration<Rep, Period> d, F&& body) -> decltype(auto) {
    const auto ticks = detail::to_ticks(d, "weft::with_timeout");
    using limit_is = timeout_scope::limit_is;
    return detail::run_limited(detail::deadline_after(ticks, "weft::with_timeout"),
                               ticks > clock::duration::zero() ? limit_is::in_future
                                                               : limit_is::anywhere,
                               std::forward<F>(body), "weft::with_timeout");
}

} // namespace weft
