// SPDX-License-Identifier: BSL-1.0
//
// Who makes a call where both tasks and plain threads may, and by what clock it counts. Not for use
// by programs.
#pragma once

#include <weft/cancel_blocker.hpp>
#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/unique_function.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace weft::detail {

// The running task's number; outside tasks one that stands for the thread. Never 0. A task's is
// never given again, a thread's may be once it has ended.
WEFT_API std::uint64_t caller_number() noexcept;
// Whether a number stands for a thread.
constexpr bool is_thread_number(std::uint64_t n) noexcept {
    return n >> 63 != 0;
}

// The running loop's time, which may be virtual; outside any loop the clock's.
WEFT_API clock::time_point caller_time() noexcept;

// The point at which a wait of d that starts now ends; the end of time when d is too long to add.
WEFT_API clock::time_point caller_deadline(clock::duration d) noexcept;

template <class Rep, class Period>
clock::time_point caller_deadline(std::chrono::duration<Rep, Period> d, const char* call) {
    return caller_deadline(to_ticks(d, call));
}
// A point of another clock is looked at once: what is left until then is waited for, whatever is
// done to that clock meanwhile.
template <class Clock, class Duration>
clock::time_point caller_deadline(const std::chrono::time_point<Clock, Duration>& when,
                                  const char* call) {
    if constexpr (std::is_same_v<Clock, clock>) {
        return clock::time_point(to_ticks(when.time_since_epoch(), call));
    } else {
        const auto now = Clock::now();
        return when > now ? caller_deadline(when - now, call) : caller_time();
    }
}

// Keeps cancels of the calling task, if it is one, until the end of the scope.
class caller_keeps_cancels {
  public:
    caller_keeps_cancels() {
        if (!is_thread_number(caller_number())) {
            blocker_.emplace();
        }
    }

  private:
    std::optional<cancel_blocker> blocker_;
};

// Runs f when the calling task or thread has ended, before anybody learns of a green thread's end.
// f must not block and not throw.
WEFT_API void at_end_of_caller(unique_function f);
// For what ends: runs those of that number now.
WEFT_API void run_end_calls(std::uint64_t number) noexcept;

} // namespace weft::detail
