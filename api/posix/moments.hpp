// SPDX-License-Identifier: BSL-1.0
//
// libc's times as the loop's.
#pragma once

#include "fibers/time.hpp"

#include <chrono>
#include <limits>

#include <time.h>

namespace weft::detail {

constexpr long nanoseconds_in_second = 1'000'000'000;

inline bool is_valid(const timespec& t) noexcept {
    return t.tv_sec >= 0 && t.tv_nsec >= 0 && t.tv_nsec < nanoseconds_in_second;
}

// Cut to the longest there is.
inline fibers::clock::duration to_duration(const timespec& t) noexcept {
    constexpr auto longest = fibers::clock::duration::max();
    if (t.tv_sec >= std::chrono::duration_cast<std::chrono::seconds>(longest).count()) {
        return longest;
    }
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

inline timespec to_timespec(fibers::clock::duration d) noexcept {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
    return ns > 0 ? timespec{ns / nanoseconds_in_second, ns % nanoseconds_in_second} : timespec{};
}

} // namespace weft::detail
