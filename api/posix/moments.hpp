// SPDX-License-Identifier: BSL-1.0
//
// libc's times as the loop's.
#pragma once

#include "fibers/time.hpp"

#include <cerrno>
#include <chrono>
#include <limits>
#include <optional>

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

// How long poll() and its like may wait; none: for ever.
inline std::optional<fibers::clock::duration> limit_of(int milliseconds) noexcept {
    if (milliseconds < 0) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(milliseconds);
}
// False, with EINVAL, for what is no time.
inline bool read_limit(const timespec* t, std::optional<fibers::clock::duration>& limit) noexcept {
    if (t != nullptr) {
        if (!is_valid(*t)) {
            errno = EINVAL;
            return false;
        }
        limit = to_duration(*t);
    }
    return true;
}

inline timespec to_timespec(fibers::clock::duration d) noexcept {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
    return ns > 0 ? timespec{ns / nanoseconds_in_second, ns % nanoseconds_in_second} : timespec{};
}

} // namespace weft::detail
