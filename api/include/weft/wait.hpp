// SPDX-License-Identifier: BSL-1.0
//
// wait(): until some or all of several tasks and futures are done, and a look at which. It never
// throws their errors and never cancels them. asyncio.wait.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/handle_list.hpp>

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace weft {

// What wait() waits for: the end of all, of any, or of all unless one fails before. A cancelled one
// counts as completed, not as a failure.
enum class until : unsigned char { all_completed, first_completed, first_exception };
using enum until;

// Indices into the range, ascending: every one is in either list. `done` may hold more than was
// waited for.
struct wait_result {
    std::vector<std::size_t> done;
    std::vector<std::size_t> pending;
};

namespace detail {

WEFT_API wait_result wait_for_several(const handle_list& handles, until condition,
                                      clock::duration timeout);

} // namespace detail

// wait blocks until `condition` holds for the tasks, task_refs, views or futures of the range, for
// one turn at least. The range and its handles are not touched; equal handles are looked at once
// each. Cancellable: the waiter leaves, what it waited for goes on. Throws std::invalid_argument
// for an empty range, invalid_state for an empty handle and for the running task itself.
template <detail::range_of_handles Range>
wait_result wait(Range&& range, until condition = all_completed) {
    return detail::wait_for_several(detail::handles_of(range, "weft::wait"), condition,
                                    clock::duration::max());
}

// The same, for `timeout` at most; zero or negative: one turn. Returns what is done by then, no
// error. A floating NaN: std::invalid_argument. Too long to add: no limit.
template <detail::range_of_handles Range, class Rep, class Period>
wait_result wait(Range&& range, std::chrono::duration<Rep, Period> timeout,
                 until condition = all_completed) {
    const auto ticks = detail::to_ticks(timeout, "weft::wait");
    return detail::wait_for_several(detail::handles_of(range, "weft::wait"), condition, ticks);
}

} // namespace weft
