// SPDX-License-Identifier: BSL-1.0
//
// gather(): several callables at once, their results in argument order. asyncio.gather.
#pragma once

#include <weft/detail/gather_scope.hpp>
#include <weft/task.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

namespace detail {

// What a callable's result is in a tuple: std::monostate for void.
template <class R>
using gathered = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

template <class F>
using callable_result = std::invoke_result_t<std::decay_t<F>>;

template <class R>
gathered<R> take(task<R>& t) {
    if constexpr (std::is_void_v<R>) {
        t.get();
        return {};
    } else {
        return t.get();
    }
}

} // namespace detail

// gather starts each callable as a child task and blocks until all have ended; returns their
// results in argument order, std::monostate for void. The first failure, in time, cancels the other
// children; when they have ended it is thrown, and their later errors are dropped. Cancellable: a
// cancel of the waiter cancels every child, waits for them, then throws `cancelled`. Throws
// spawn_error with no child left behind.
template <class... F>
requires(sizeof...(F) > 0 && (std::invocable<std::decay_t<F>> && ...)) auto gather(F&&... f)
    -> std::tuple<detail::gathered<detail::callable_result<F>>...> {
    detail::gather_scope scope(sizeof...(F));
    std::tuple children{weft::spawn(std::forward<F>(f))...};
    return std::apply(
        [&scope](auto&... child) {
            (scope.watch(*state_of(child)), ...);
            scope.wait();
            return std::tuple<decltype(detail::take(child))...>{detail::take(child)...};
        },
        children);
}

inline std::tuple<> gather() {
    detail::require_loop("weft::gather");
    return {};
}

// The same over a range of callables: an lvalue's are copied, an rvalue's moved. Returns a vector,
// nothing when they return void.
template <std::ranges::input_range Range>
requires std::invocable<std::ranges::range_value_t<Range> &&> auto gather(Range&& callables) {
    using R = std::invoke_result_t<std::ranges::range_value_t<Range>&&>;
    detail::require_loop("weft::gather");
    std::vector<task<R>> children;
    if constexpr (std::ranges::sized_range<Range>) {
        children.reserve(std::ranges::size(callables));
    }
    for (auto&& f : callables) {
        if constexpr (std::is_lvalue_reference_v<Range>) {
            children.push_back(weft::spawn(f));
        } else {
            children.push_back(weft::spawn(std::move(f)));
        }
    }
    detail::gather_scope scope(children.size());
    for (auto& child : children) {
        scope.watch(*state_of(child));
    }
    scope.wait();
    if constexpr (!std::is_void_v<R>) {
        std::vector<R> results;
        results.reserve(children.size());
        for (auto& child : children) {
            results.push_back(child.get());
        }
        return results;
    }
}

} // namespace weft
