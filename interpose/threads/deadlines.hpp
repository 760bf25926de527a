// SPDX-License-Identifier: BSL-1.0
//
// Points in time as pthread calls have them, a timespec of a clock, and what they are on the
// running task's loop. A deadline of CLOCK_REALTIME becomes one of the loop when the wait begins:
// setting the clock meanwhile does not move it.
#pragma once

#include <weft/clock.hpp>

#include <ctime>

namespace weft::interpose {

// When a wait is to end. at null: never.
struct time_limit {
    clockid_t clock = CLOCK_REALTIME;
    const timespec* at = nullptr;
};

// What libc's waits accept; everything else is EINVAL.
inline bool is_waitable(clockid_t clock) noexcept {
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
}
inline bool is_valid(const timespec& at) noexcept {
    return at.tv_nsec >= 0 && at.tv_nsec < 1'000'000'000;
}

// By the running loop's time, virtual or real. Only on a task.
weft::clock::time_point deadline_of(const time_limit& limit);
// The same, for a time span from now.
weft::clock::time_point deadline_after(const timespec& span);

} // namespace weft::interpose
