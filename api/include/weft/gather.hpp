// SPDX-License-Identifier: BSL-1.0
//
// gather(): several things at once, their results in argument order. asyncio.gather.
#pragma once

#include <weft/detail/gather_scope.hpp>
#include <weft/detail/participant.hpp>
#include <weft/outcome.hpp>
#include <weft/task.hpp>

#include <cstddef>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

namespace detail {

// What a result is in a tuple: std::monostate for void.
template <class R>
using gathered = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

template <class P>
gathered<typename P::value> take_gathered(P& p) {
    if constexpr (std::is_void_v<typename P::value>) {
        p.take();
        return {};
    } else {
        return p.take();
    }
}

inline constexpr const char* gather_call = "weft::gather";

// Starts and watches everything, waits, and makes the result of finish(participants...).
template <class Finish, class... A>
auto gather_all(bool return_exceptions, Finish finish, A&&... a) {
    gather_scope scope(sizeof...(A), return_exceptions);
    std::tuple<participant<A>...> all{participant<A>(std::forward<A>(a), gather_call)...};
    return std::apply(
        [&](auto&... p) {
            (scope.watch(p.core(gather_call), p.own), ...);
            scope.wait();
            return finish(p...);
        },
        all);
}

template <class Range>
auto gather_range(bool return_exceptions, Range&& range) {
    using element = element_of<Range>;
    require_loop(gather_call);
    std::vector<participant<element>> all;
    if constexpr (std::ranges::sized_range<Range>) {
        all.reserve(std::ranges::size(range));
    }
    for (auto&& a : range) {
        all.emplace_back(static_cast<element&&>(a), gather_call);
    }
    gather_scope scope(all.size(), return_exceptions);
    for (auto& p : all) {
        scope.watch(p.core(gather_call), p.own);
    }
    scope.wait();
    return all;
}

} // namespace detail

// gather waits for all of its arguments and returns their results in argument order, std::monostate
// for void. A callable is started as a child task; a task handed over as an rvalue counts as a
// child, too. Tasks, views and futures handed in otherwise stay the caller's: their values are
// copied; a value that cannot be copied is moved out of a task<T>&, which empties that handle. The
// same handle twice is waited for once. Nothing but done arguments: does not block.
//
// The first failure, in time, cancels the other children; when they have ended it is thrown. What
// is the caller's goes on. Later errors of children are dropped.
//
// Cancellable: a cancel of the waiter cancels every argument, the caller's too, waits for them
// all, then throws `cancelled`, whatever they made of it. Throws spawn_error with no child left
// behind, invalid_state for an empty handle and for the running task itself.
template <detail::awaited... A>
requires(sizeof...(A) > 0) auto gather(A&&... a)
    -> std::tuple<detail::gathered<detail::awaited_value<A>>...> {
    using result = std::tuple<detail::gathered<detail::awaited_value<A>>...>;
    return detail::gather_all(
        false, [](auto&... p) { return result{detail::take_gathered(p)...}; },
        std::forward<A>(a)...);
}

inline std::tuple<> gather() {
    detail::require_loop(detail::gather_call);
    return {};
}

// The same over a range: callables are copied from an lvalue, moved from an rvalue container; tasks
// are waited for in place, or are children when the container is an rvalue. Returns a vector,
// nothing when the results are void.
template <std::ranges::input_range Range>
requires detail::awaited<detail::element_of<Range>>
auto gather(Range&& range) {
    using R = detail::awaited_value<detail::element_of<Range>>;
    auto all = detail::gather_range(false, std::forward<Range>(range));
    if constexpr (!std::is_void_v<R>) {
        std::vector<R> results;
        results.reserve(all.size());
        for (auto& p : all) {
            results.push_back(p.take());
        }
        return results;
    }
}

// With return_exceptions no failure ends the wait: each result is an outcome, a value or an error
// (`cancelled` for one that was cancelled). A cancel of the waiter throws all the same.
template <detail::awaited... A>
auto gather(return_exceptions_t, A&&... a) -> std::tuple<outcome<detail::awaited_value<A>>...> {
    using result = std::tuple<outcome<detail::awaited_value<A>>...>;
    return detail::gather_all(
        true, [](auto&... p) { return result{detail::outcome_of(p, detail::gather_call)...}; },
        std::forward<A>(a)...);
}

template <std::ranges::input_range Range>
requires detail::awaited<detail::element_of<Range>>
auto gather(return_exceptions_t, Range&& range)
    -> std::vector<outcome<detail::awaited_value<detail::element_of<Range>>>> {
    auto all = detail::gather_range(true, std::forward<Range>(range));
    std::vector<outcome<detail::awaited_value<detail::element_of<Range>>>> results;
    results.reserve(all.size());
    for (auto& p : all) {
        results.push_back(detail::outcome_of(p, detail::gather_call));
    }
    return results;
}

} // namespace weft
