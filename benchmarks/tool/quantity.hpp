// SPDX-License-Identifier: BSL-1.0
// Figures with their units, as people read them: "1.23 ms", not "1,230,000 ns".
//
// Invariant: three significant digits, ASCII; the unit is chosen by the value, never the other way
// round.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// quantity knows "ns", "us", "ms", "s", "B" (KiB, MiB, GiB) and "1/s"; any other unit is written
// behind the number as it is.
std::string quantity(double value, std::string_view unit);

// tick_text is the same for an axis: no more digits than needed, and bytes in thousands (kB, MB),
// since ticks are powers of ten.
std::string tick_text(double value, std::string_view unit);

// in_least_unit: a time in ns, a size in B, whatever unit it came in; other figures as they are.
double in_least_unit(double value, std::string_view unit);

// html_units: the signs that a page can show and a terminal perhaps cannot.
std::string html_units(std::string text); // "12 us" -> "12 \u00b5s"

} // namespace bench
