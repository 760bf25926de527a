// SPDX-License-Identifier: BSL-1.0
// chart_parts: see the header.
#include "benchmarks/tool/chart_parts.hpp"

#include "benchmarks/tool/html.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

// Outlines around a point, as SVG paths that begin there. A circle is one too: two arcs.
constexpr std::string_view outlines[]{
    "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",                // circle
    "m-4 -4h8v8h-8z",                                               // square
    "m0 -6l5.5 9.5h-11z",                                           // triangle
    "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",                          // diamond
    "m0 6l5.5 -9.5h-11z",                                           // triangle, upside down
    "m-1.7 -5.2h3.4v3.5h3.5v3.4h-3.5v3.5h-3.4v-3.5h-3.5v-3.4h3.5z", // plus
    "m0 -5.6l1.6 3.6l3.9 .3l-3 2.6l1 3.9l-3.5 -2.1l-3.5 2.1l1 -3.9l-3 -2.6l3.9 -.3z", // star
    "m-2.8 -5h5.6l2.8 5l-2.8 5h-5.6l-2.8 -5z",                                        // hexagon
    "m-5 -4.5h10l-3.4 4.5l3.4 4.5h-10l3.4 -4.5z",                                     // hourglass
    "m-5.5 -2h11v4h-11z",                                                             // bar
};

} // namespace

std::string mark(std::size_t shape, double x, double y) {
    return fmt::format("<path class='mark' d='M{:.1f} {:.1f}{}'/>", x, y,
                       outlines[shape % std::size(outlines)]);
}

std::string legend_entry(std::size_t shape, std::string_view name, std::string_view style) {
    return fmt::format("<span class='key {}'><svg viewBox='0 0 26 14' aria-hidden='true'>"
                       "<path class='line' d='M1 7h24'/>{}</svg>{}</span>",
                       style, mark(shape, 13, 7), html_text(name));
}

std::string framed(std::string_view title, std::string_view legend, std::string_view drawing,
                   double height) {
    return fmt::format(
        "<figure><figcaption>{0}</figcaption><div class='legend'>{1}</div>"
        "<svg viewBox='0 0 {2} {3}' role='img' aria-label='{0}'>{4}</svg></figure>\n",
        html_text(title), legend, chart_width, height, drawing);
}

} // namespace bench
