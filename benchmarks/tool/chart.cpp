// SPDX-License-Identifier: BSL-1.0
// chart: see the header.
#include "benchmarks/tool/chart.hpp"

#include "benchmarks/tool/axis.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

// The drawing's own units. About a phone's width, so that text is as large as the page's there.
constexpr double width = 420;
constexpr double height = 270;
constexpr double left = 58;
constexpr double right = width - 16;
constexpr double top = 14;
constexpr double bottom = height - 48;
constexpr double log_from_factor = 20;

// mark draws a series' own shape; `order` is the place of the series in its chart.
std::string mark(std::size_t order, double x, double y) {
    switch (order % 4) {
    case 0:
        return fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='4.5'/>", x, y);
    case 1:
        return fmt::format("<rect x='{:.1f}' y='{:.1f}' width='8' height='8'/>", x - 4, y - 4);
    case 2:
        return fmt::format("<path d='M{:.1f} {:.1f}l5.5 9.5h-11z'/>", x, y - 6);
    default:
        return fmt::format("<path d='M{:.1f} {:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z'/>", x, y - 5.5);
    }
}

std::string legend_entry(std::size_t order, std::string_view name, std::string_view style) {
    return fmt::format("<span class='key {}'><svg viewBox='0 0 26 14' aria-hidden='true'>"
                       "<path class='line' d='M1 7h24'/>{}</svg>{}</span>",
                       style, mark(order, 13, 7), html_text(name));
}

std::string short_number(double value) { // ticks: 20k instead of 20,000
    if (value >= 1e6)
        return fmt::format("{:g}M", value / 1e6);
    if (value >= 1e4)
        return fmt::format("{:g}k", value / 1e3);
    return value >= 1e3 ? grouped(std::llround(value)) : fmt::format("{:g}", value);
}

struct value_range {
    double low;
    double high;
};

value_range range_across(const std::vector<chart_series>& series) {
    value_range range{1e300, 0};
    for (const chart_series& each : series)
        for (const chart_point& point : each.points) {
            range.low = std::min(range.low, point.x);
            range.high = std::max(range.high, point.x);
        }
    return range;
}

value_range range_up(const std::vector<chart_series>& series, bool with_spread) {
    value_range range{1e300, 0};
    for (const chart_series& each : series)
        for (const chart_point& point : each.points) {
            range.low = std::min(range.low, with_spread ? point.y.low : point.y.median);
            range.high = std::max(range.high, with_spread ? point.y.high : point.y.median);
        }
    return range;
}

axis vertical_axis(const line_chart& self) {
    const value_range range = range_up(self.series, !self.reference);
    if (self.reference)
        return axis::logarithmic(std::min(range.low, *self.reference / 1.2),
                                 std::max(range.high, *self.reference * 1.2), bottom, top);
    if (range.low > 0 && range.high / range.low > log_from_factor)
        return axis::logarithmic(range.low, range.high, bottom, top);
    return axis::linear_from_zero(range.high, bottom, top);
}

std::string draw_grid(const line_chart& self, const axis& x, const axis& y) {
    std::string svg;
    for (const double tick : y.ticks()) {
        const double at = y.place(tick);
        svg +=
            fmt::format("<path class='grid' d='M{0} {1:.1f}H{2}'/><text class='tick end' "
                        "x='{3}' y='{4:.1f}'>{5}{6}</text>",
                        left, at, right, left - 7, at + 4.5, short_number(tick), self.tick_suffix);
    }
    for (const double tick : x.ticks())
        svg += fmt::format("<text class='tick middle' x='{:.1f}' y='{}'>{}</text>", x.place(tick),
                           bottom + 20, grouped(static_cast<std::int64_t>(tick)));
    svg += fmt::format("<text class='axis middle' x='{}' y='{}'>{}</text>", (left + right) / 2,
                       height - 6, html_text(self.x_label));
    if (self.reference) {
        svg += fmt::format("<path class='reference' d='M{} {:.1f}H{}'/>", left,
                           y.place(*self.reference), right);
    }
    return svg;
}

// draw_series shifts each series a little to the side, so that spreads do not hide each other.
std::string draw_series(const line_chart& from, std::size_t order, const axis& x, const axis& y) {
    const chart_series& self = from.series[order];
    const double shift = from.reference ? 0 : order % 2 == 0 ? -2.5 : 2.5;
    std::string line;
    std::string marks;
    for (const chart_point& point : self.points) {
        const double across = x.place(point.x) + shift;
        const double up = y.place(point.y.median);
        line += fmt::format("{}{:.1f} {:.1f}", line.empty() ? "M" : "L", across, up);
        std::string range;
        if (!from.reference)
            range = fmt::format("<path class='line thin' d='M{:.1f} {:.1f}V{:.1f}'/>", across,
                                y.place(point.y.low), y.place(point.y.high));
        marks += fmt::format("<g><title>{}</title>{}{}</g>", html_text(point.tooltip), range,
                             mark(order, across, up));
    }
    return fmt::format("<g class='{}'><path class='line' d='{}'/>{}</g>", self.style, line, marks);
}

std::string figure(std::string_view title, std::string_view legend, std::string_view drawing,
                   double drawing_height) {
    return fmt::format(
        "<figure><figcaption>{0}</figcaption><div class='legend'>{1}</div>"
        "<svg viewBox='0 0 {2} {3}' role='img' aria-label='{0}'>{4}</svg></figure>\n",
        html_text(title), legend, width, drawing_height, drawing);
}

} // namespace

std::string draw(const line_chart& self) {
    const value_range across = range_across(self.series);
    if (across.high <= 0)
        return "";
    // The ends of the x axis stay clear of the frame.
    const axis x = axis::logarithmic(across.low, across.high, left + 18, right - 22);
    const axis y = vertical_axis(self);
    std::string legend;
    std::string svg = draw_grid(self, x, y);
    for (std::size_t i = 0; i < self.series.size(); ++i) {
        legend += legend_entry(i, self.series[i].name, self.series[i].style);
        svg += draw_series(self, i, x, y);
    }
    return figure(self.title, legend, svg, height);
}

std::string draw(const bar_chart& self) {
    constexpr double bar_left = 74;
    constexpr double bar_right = width - 96; // room for the value
    constexpr double pitch = 42;
    double highest = 0;
    for (const bar& each : self.bars) {
        double sum = 0;
        for (const bar_segment& segment : each.segments)
            sum += segment.value;
        highest = std::max(highest, sum);
    }
    if (highest <= 0)
        return "";
    std::string svg;
    double y = 6;
    for (const bar& each : self.bars) {
        svg += fmt::format("<text class='tick end' x='{}' y='{:.1f}'>{}</text>", bar_left - 8,
                           y + 20, html_text(each.label));
        double x = bar_left;
        for (const bar_segment& segment : each.segments) {
            const double length = segment.value / highest * (bar_right - bar_left);
            svg +=
                fmt::format("<rect class='bar {}' x='{:.1f}' y='{:.1f}' width='{:.1f}' "
                            "height='30'><title>{}</title></rect>",
                            segment.style, x, y, std::max(length, 1.5), html_text(segment.tooltip));
            x += length;
        }
        svg += fmt::format("<text class='value' x='{:.1f}' y='{:.1f}'>{}</text>",
                           std::max(x, bar_left + 1.5) + 7, y + 20, html_text(each.value_text));
        y += pitch;
    }
    std::string legend;
    for (const auto& [name, style] : self.legend)
        legend +=
            fmt::format("<span class='key'><i class='{}'></i>{}</span>", style, html_text(name));
    return figure(self.title, legend, svg, y);
}

std::string html_text(std::string_view plain) {
    std::string text;
    for (const char letter : plain) {
        switch (letter) {
        case '&':
            text += "&amp;";
            break;
        case '<':
            text += "&lt;";
            break;
        case '>':
            text += "&gt;";
            break;
        case '"':
            text += "&quot;";
            break;
        case '\'':
            text += "&#39;";
            break;
        default:
            text += letter;
        }
    }
    return text;
}

} // namespace bench
