// SPDX-License-Identifier: BSL-1.0
// What the charts have in common: the drawing's size, the marks of series, legend and frame.
//
// Invariant: a series has its shape by its number; ten numbers have ten shapes.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// The drawing's own units. About a phone's width, so that text is as large as the page's there.
inline constexpr double chart_width = 420;

std::string mark(std::size_t shape, double x, double y);
std::string legend_entry(std::size_t shape, std::string_view name, std::string_view style);

std::string framed(std::string_view title, std::string_view legend, std::string_view drawing,
                   double height); // a <figure>

} // namespace bench
