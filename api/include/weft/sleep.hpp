// SPDX-License-Identifier: BSL-1.0
//
// Letting time pass, and letting others run.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>

namespace weft {

// yield lets everything that is ready run once, then goes on: exactly one turn of the loop.
// Cancellable. Throws cancelled, not_in_task, no_running_loop. asyncio.sleep(0),
// std::this_thread::yield.
WEFT_API void yield();

// sleep_until blocks this task until the clock has reached `when`; never wakes early, and is not
// rounded to milliseconds. A point in the past costs one turn; clock::time_point::max() sleeps
// until cancelled. Cancellable: the timer is gone at once. Throws as yield does.
WEFT_API void sleep_until(clock::time_point when);

namespace detail {
WEFT_API void sleep_ticks(clock::duration d);
}

// sleep_for blocks this task for at least `d`. Zero or negative: one turn. A floating NaN:
// std::invalid_argument; too long to add to the present: no limit. Otherwise as sleep_until.
// asyncio.sleep, std::this_thread::sleep_for.
template <class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> d) {
    detail::sleep_ticks(detail::to_ticks(d, "weft::sleep_for"));
}

} // namespace weft
