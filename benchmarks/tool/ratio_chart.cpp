// SPDX-License-Identifier: BSL-1.0
// ratio_chart: see the header.
#include "benchmarks/tool/ratio_chart.hpp"

#include "benchmarks/tool/axis.hpp"
#include "benchmarks/tool/chart_parts.hpp"
#include "benchmarks/tool/html.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bench {

namespace {

constexpr double left = 112;
constexpr double right = chart_width - 66; // room for the value
constexpr double top = 6;
constexpr double pitch = 27;
constexpr int most_ticks = 6;

axis across(const ratio_chart& self) {
    double low = 1 / 1.2;
    double high = 1.2;
    for (const ratio_row& each : self.rows) {
        low = std::min(low, each.ratio.known ? each.ratio.low : each.ratio.median);
        high = std::max(high, each.ratio.known ? each.ratio.high : each.ratio.median);
    }
    return axis::logarithmic(low, high, left + 10, right - 10, most_ticks);
}

std::string draw_row(const ratio_row& self, const axis& x, double y) {
    std::string interval;
    if (self.ratio.known)
        interval = fmt::format("<path class='line solid' d='M{0:.1f} {1:.1f}H{2:.1f}M{0:.1f} "
                               "{3:.1f}v8M{2:.1f} {3:.1f}v8'/>",
                               x.place(self.ratio.low), y, x.place(self.ratio.high), y - 4);
    return fmt::format(
        "<text class='tick end' x='{:.1f}' y='{:.1f}'>{}</text>"
        "<g class='{}'><title>{}</title>{}{}</g>"
        "<text class='value' x='{:.1f}' y='{:.1f}'>{}</text>",
        left - 8, y + 4.5, html_text(self.label), self.style, html_text(self.tooltip), interval,
        mark(self.shape, x.place(self.ratio.median), y), right + 6, y + 4.5, html_text(self.text));
}

} // namespace

std::string draw(const ratio_chart& self) {
    if (self.rows.empty())
        return "";
    const axis x = across(self);
    const double bottom = top + pitch * static_cast<double>(self.rows.size());
    std::string svg;
    for (const double tick : x.ticks())
        svg += fmt::format("<path class='grid' d='M{0:.1f} {1}V{2:.1f}'/><text class='tick middle' "
                           "x='{0:.1f}' y='{3:.1f}'>{4:g}</text>",
                           x.place(tick), top, bottom, bottom + 18, tick);
    svg += fmt::format("<path class='reference' d='M{:.1f} {}V{:.1f}'/>", x.place(1), top, bottom);
    double y = top + pitch / 2;
    for (const ratio_row& each : self.rows) {
        svg += draw_row(each, x, y);
        y += pitch;
    }
    svg += fmt::format("<text class='axis middle' x='{:.1f}' y='{:.1f}'>{}</text>",
                       (left + right) / 2, bottom + 38, html_text(self.axis_label));
    return framed(self.title, "", svg, bottom + 44);
}

} // namespace bench
