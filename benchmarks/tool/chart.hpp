// SPDX-License-Identifier: BSL-1.0
// Charts as inline SVG. Colours and fonts come from the page's style sheet (classes), so that one
// drawing serves light and dark.
//
// Invariant: every axis has labelled ticks and says its unit; each mark carries its exact value as
// a tooltip; series differ in shape as well as in colour.
#pragma once

#include "benchmarks/tool/results.hpp"

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct chart_point {
    double x = 0;
    spread y;
    std::string tooltip;
};

struct chart_series {
    std::string name;
    std::string style; // class of line and marks: "fibers", "threads", "tone-1" ...
    std::vector<chart_point> points;
    std::optional<std::size_t> shape = {}; // of its marks; without it, by the place in the chart
};

struct line_chart {
    std::string title;
    std::string x_label;
    std::string tick_suffix;         // "x" for ratios
    std::optional<double> reference; // a horizontal line
    std::vector<chart_series> series;
    bool spreads = true;                   // drawn; else left to the tooltips
    bool logarithmic = false;              // y, whatever its values span
    std::string unit = {};                 // of y, written at each tick
    std::vector<std::string> x_names = {}; // of x = 1, 2 ...; without them x is logarithmic
};

struct bar_segment {
    double value = 0;
    std::string style;
    std::string tooltip;
};

struct bar {
    std::string label;
    std::string value_text;
    std::vector<bar_segment> segments; // one after the other
};

struct bar_chart {
    std::string title;
    std::vector<bar> bars;
    std::vector<std::pair<std::string, std::string>> legend; // name, style
};

// Both return a <figure>. Axes are logarithmic in x; in y where the values span more than a factor
// of 20, otherwise linear from zero (ratios: always logarithmic).
std::string draw(const line_chart&);
std::string draw(const bar_chart&);

} // namespace bench
