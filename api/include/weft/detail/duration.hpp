// SPDX-License-Identifier: BSL-1.0
//
// From any duration to the clock's ticks, once, at the edge: rounded up (a wait never ends early),
// held at the ends of the range (too large means "no limit"), NaN refused.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>

#include <chrono>
#include <cmath>
#include <type_traits>

namespace weft::detail {

[[noreturn]] WEFT_API void throw_nan_duration(const char* call);

template <class Rep, class Period>
clock::duration to_ticks(std::chrono::duration<Rep, Period> d, const char* call) {
    using given = std::chrono::duration<Rep, Period>;
    if constexpr (std::is_same_v<given, clock::duration>) {
        return d;
    } else {
        if constexpr (std::chrono::treat_as_floating_point_v<Rep>) {
            if (std::isnan(d.count())) {
                throw_nan_duration(call);
            }
        }
        using ticks = clock::duration;
        constexpr bool coarser = std::ratio_greater_v<Period, ticks::period>;
        if constexpr (coarser || std::chrono::treat_as_floating_point_v<Rep>) {
            // Only here can the conversion leave the range.
            constexpr auto longest = std::chrono::duration_cast<given>(ticks::max());
            if (d >= longest) {
                return ticks::max();
            }
            if (d <= -longest) {
                return ticks::min();
            }
        }
        return std::chrono::ceil<ticks>(d);
    }
}

} // namespace weft::detail
