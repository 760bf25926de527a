// SPDX-License-Identifier: BSL-1.0
// chart: see the header.
#include "benchmarks/tool/chart.hpp"

#include "benchmarks/tool/axis.hpp"
#include "benchmarks/tool/chart_parts.hpp"
#include "benchmarks/tool/html.hpp"
#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

constexpr double height = 270;
constexpr double left = 58;
constexpr double right = chart_width - 16;
constexpr double top = 14;
constexpr double bottom = height - 48;
constexpr double log_from_factor = 20;

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
    const value_range range = range_up(self.series, self.spreads);
    if (self.reference)
        return axis::logarithmic(std::min(range.low, *self.reference / 1.2),
                                 std::max(range.high, *self.reference * 1.2), bottom, top);
    if (range.low > 0 && (self.logarithmic || range.high / range.low > log_from_factor))
        return axis::logarithmic(range.low, range.high, bottom, top);
    return axis::linear_from_zero(range.high, bottom, top);
}

// The ends of the x axis stay clear of the frame.
axis horizontal_axis(const line_chart& self, const value_range& across) {
    if (!self.x_names.empty())
        return axis::ordinal(self.x_names.size(), left + 8, right - 8);
    return axis::logarithmic(across.low, across.high, left + 18, right - 22);
}

std::string x_text(const line_chart& self, const axis& x, double tick) {
    if (!self.x_names.empty())
        return html_text(self.x_names.at(static_cast<std::size_t>(tick) - 1));
    // Beyond 10,000 there is not the room to write them out.
    return x.ticks().back() > 2e4 ? tick_text(tick, "") : grouped(static_cast<std::int64_t>(tick));
}

std::string draw_grid(const line_chart& self, const axis& x, const axis& y) {
    std::string svg;
    for (const double tick : y.ticks()) {
        const double at = y.place(tick);
        svg += fmt::format("<path class='grid' d='M{0} {1:.1f}H{2}'/><text class='tick end' "
                           "x='{3}' y='{4:.1f}'>{5}{6}</text>",
                           left, at, right, left - 7, at + 4.5,
                           html_units(tick_text(tick, self.unit)), self.tick_suffix);
    }
    for (const double tick : x.ticks())
        svg += fmt::format("<text class='tick middle' x='{:.1f}' y='{}'>{}</text>", x.place(tick),
                           bottom + 20, x_text(self, x, tick));
    svg += fmt::format("<text class='axis middle' x='{}' y='{}'>{}</text>", (left + right) / 2,
                       height - 6, html_text(self.x_label));
    if (self.reference) {
        svg += fmt::format("<path class='reference' d='M{} {:.1f}H{}'/>", left,
                           y.place(*self.reference), right);
    }
    return svg;
}

std::size_t shape_of(const line_chart& from, std::size_t order) {
    return from.series[order].shape.value_or(order);
}

// draw_series shifts each series a little to the side, so that spreads do not hide each other.
std::string draw_series(const line_chart& from, std::size_t order, const axis& x, const axis& y) {
    constexpr double widest_shift = 9;
    const chart_series& self = from.series[order];
    const double middle = (static_cast<double>(from.series.size()) - 1) / 2;
    const double step = middle > 0 ? std::min(5.0, widest_shift / middle) : 0;
    const double shift = from.spreads ? (static_cast<double>(order) - middle) * step : 0;
    std::string line;
    std::string marks;
    for (const chart_point& point : self.points) {
        const double across = x.place(point.x) + shift;
        const double up = y.place(point.y.median);
        line += fmt::format("{}{:.1f} {:.1f}", line.empty() ? "M" : "L", across, up);
        std::string range;
        if (from.spreads)
            range = fmt::format("<path class='line thin' d='M{:.1f} {:.1f}V{:.1f}'/>", across,
                                y.place(point.y.low), y.place(point.y.high));
        marks += fmt::format("<g><title>{}</title>{}{}</g>", html_text(point.tooltip), range,
                             mark(shape_of(from, order), across, up));
    }
    return fmt::format("<g class='{}'><path class='line' d='{}'/>{}</g>", self.style, line, marks);
}

} // namespace

std::string draw(const line_chart& self) {
    const value_range across = range_across(self.series);
    if (across.high <= 0)
        return "";
    const axis x = horizontal_axis(self, across);
    const axis y = vertical_axis(self);
    std::string legend;
    std::string svg = draw_grid(self, x, y);
    for (std::size_t i = 0; i < self.series.size(); ++i) {
        const std::size_t last_first = self.series.size() - 1 - i; // the first lies on top
        svg += draw_series(self, last_first, x, y);
        legend += legend_entry(shape_of(self, i), self.series[i].name, self.series[i].style);
    }
    return framed(self.title, legend, svg, height);
}

std::string draw(const bar_chart& self) {
    constexpr double bar_left = 74;
    constexpr double bar_right = chart_width - 96; // room for the value
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
    return framed(self.title, legend, svg, y);
}

} // namespace bench
