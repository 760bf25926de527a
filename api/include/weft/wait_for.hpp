// SPDX-License-Identifier: BSL-1.0
//
// wait_for(): one thing under a time limit, and it does not outlast the limit unseen.
// asyncio.wait_for.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/participant.hpp>
#include <weft/timeout.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace weft {

namespace detail {

// Waits for c for at most `limit`, then cancels it and waits for its end. Throws timeout_error when
// that cancel ended it, `cancelled` when the waiter was cancelled.
WEFT_API void wait_within(completion& c, clock::duration limit, const char* call);
[[noreturn]] WEFT_API void time_out_at_once(const char* call);

} // namespace detail

// wait_for waits for a task, view or future and returns its value, copied where it stays in the
// handle (see gather()), or throws its error. When `limit` has passed first, it is cancelled and
// waited for: timeout_error when it ends cancelled; what swallows the cancel and returns a value,
// or throws another error, has its way. Done already: no switch. Zero or negative: cancelled at
// once unless it is done. Too long to add: no limit. A floating NaN: std::invalid_argument.
//
// Cancellable: the cancel goes on to what is waited for, and `cancelled` is thrown when that has
// ended; a value that was there already stays in the handle. Throws invalid_state for an empty
// handle and for the running task itself.
template <detail::typed_handle A, class Rep, class Period>
auto wait_for(A&& awaited, std::chrono::duration<Rep, Period> limit) -> detail::awaited_value<A> {
    constexpr const char* call = "weft::wait_for";
    const auto ticks = detail::to_ticks(limit, call);
    detail::participant<A> p(std::forward<A>(awaited), call);
    detail::wait_within(p.core(call), ticks, call);
    return p.take();
}

// The same for a callable, which runs in this task under with_timeout(limit); with a limit of zero
// or less it is not called, and timeout_error is thrown after one turn.
template <detail::child_callable F, class Rep, class Period>
auto wait_for(F&& f, std::chrono::duration<Rep, Period> limit) -> std::invoke_result_t<F> {
    constexpr const char* call = "weft::wait_for";
    const auto ticks = detail::to_ticks(limit, call);
    const auto deadline = detail::deadline_after(ticks, call);
    if (ticks <= clock::duration::zero()) {
        detail::time_out_at_once(call);
    }
    return detail::run_limited(
        deadline, timeout_scope::limit_is::in_future,
        [&]() -> decltype(auto) { return std::invoke(std::forward<F>(f)); }, call);
}

} // namespace weft
