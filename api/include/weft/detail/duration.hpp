// SPDX-License-Identifier: BSL-1.0
//
// From any duration to the clock's ticks, once, at the edge: rounded up (a wait never ends early),
// held at the ends of the range (too large means "no limit"), NaN refused. Not by std::chrono's own
// conversions: those overflow for narrow, unsigned and fractional representations, and do not
// compile for some.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <numeric>
#include <type_traits>

namespace weft::detail {

[[noreturn]] WEFT_API void throw_nan_duration(const char* call);

__extension__ typedef __int128
    wide_integer; // NOLINT(modernize-use-using): using knows no __extension__

template <class Rep, class Period>
clock::duration to_ticks(std::chrono::duration<Rep, Period> d, const char* call) {
    using ticks = clock::duration;
    static_assert(ticks::period::num == 1);
    // One period is numerator / denominator ticks.
    constexpr auto common = std::gcd(ticks::period::den, Period::den);
    constexpr wide_integer numerator = wide_integer{Period::num} * (ticks::period::den / common);
    constexpr wide_integer denominator = Period::den / common;

    if constexpr (std::is_same_v<std::chrono::duration<Rep, Period>, ticks>) {
        return d;
    } else if constexpr (std::floating_point<Rep>) {
        using number = std::common_type_t<Rep, double>;
        const number count = d.count();
        if (std::isnan(count)) {
            throw_nan_duration(call);
        }
        constexpr number limit = 0x1p63;
        const number rounded =
            std::ceil(count * static_cast<number>(numerator) / static_cast<number>(denominator));
        if (rounded >= limit) {
            return ticks::max();
        }
        return rounded <= -limit ? ticks::min() : ticks(static_cast<ticks::rep>(rounded));
    } else if constexpr (std::integral<Rep>) {
        constexpr wide_integer longest =
            wide_integer{ticks::max().count()} * denominator / numerator;
        const wide_integer count = d.count();
        if (count > longest) {
            return ticks::max();
        }
        if (count < -longest) {
            return ticks::min();
        }
        const wide_integer product = count * numerator;
        const bool more = product % denominator > 0;
        return ticks(static_cast<ticks::rep>(product / denominator + (more ? 1 : 0)));
    } else {
        return std::chrono::ceil<ticks>(d); // a number type of the program's own
    }
}

} // namespace weft::detail
