// SPDX-License-Identifier: BSL-1.0
// run_page_charts: see the header.
#include "benchmarks/tool/run_page_charts.hpp"

#include "benchmarks/tool/chart.hpp"
#include "benchmarks/tool/percentile.hpp"
#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/ratio_chart.hpp"
#include "benchmarks/tool/run_words.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace bench {

namespace {

constexpr std::size_t most_ratio_charts = 2; // of as many sizes; more are drawn against the size

std::size_t number_of(const run_record& run, std::string_view peer) {
    const auto found = std::find_if(run.peers.begin(), run.peers.end(),
                                    [&](const peer_record& each) { return each.id == peer; });
    return static_cast<std::size_t>(found - run.peers.begin()) % 10;
}

std::string style_of(const run_record& run, std::string_view peer) {
    return fmt::format("peer-{}", number_of(run, peer));
}

std::string direction(const run_record& run, const scenario_record& self) {
    const bool less = self.figures.front().less_is_better;
    return fmt::format("{}: {} of 1, {} {}", ratio_heading(run, self), less ? "left" : "right",
                       peer_name(run, judged_in(self)), less ? "needs less" : "gives more");
}

std::string at_size(const scenario_record& self, const point_record& point) {
    const std::string size = size_text(self, point.size);
    return size.empty() ? "" : ", " + size;
}

// --- ratios

std::string forest(const run_record& run, const scenario_record& self, const point_record& point) {
    const figure& which = self.figures.front();
    ratio_chart chart{fmt::format("{}: {} against each peer{}", capitalized(which.label),
                                  peer_name(run, judged_in(self)), at_size(self, point)),
                      direction(run, self),
                      {}};
    for (const judged_ratio& each : judged_ratios(self)) {
        if (each.point != &point)
            continue;
        const std::string name = peer_name(run, each.peer);
        const bool level = standing_of(which, each.ratio) == standing::level;
        chart.rows.push_back({name, each.ratio, ratio_number(each.ratio.median),
                              style_of(run, each.peer) + (level ? " level" : ""),
                              number_of(run, each.peer),
                              fmt::format("{}: {}, {}", name, ratio_text(each.ratio),
                                          verdict_text(which, each.ratio, judged_in(self)))});
    }
    return draw(chart);
}

// The peers of a scenario in the order of the run.
std::vector<std::string> peers_in(const run_record& run, const scenario_record& self) {
    std::vector<std::string> peers;
    for (const point_record& point : self.points)
        for (const side_record& side : point.sides)
            if (std::find(peers.begin(), peers.end(), side.peer) == peers.end())
                peers.push_back(side.peer);
    std::stable_sort(peers.begin(), peers.end(),
                     [&](const std::string& one, const std::string& other) {
                         return number_of(run, one) < number_of(run, other);
                     });
    return peers;
}

// over_sizes is a chart with a series for each peer; `of` is what is drawn at a size.
using of_point = std::function<std::optional<estimate>(const point_record&, const std::string&)>;
using in_words = std::function<std::string(const estimate&)>;

line_chart over_sizes(const run_record& run, const scenario_record& self, const of_point& of,
                      const in_words& words) {
    line_chart chart{"", self.size_label, "", std::nullopt, {}};
    const bool has_zero = std::any_of(self.points.begin(), self.points.end(),
                                      [](const point_record& each) { return each.size <= 0; });
    if (has_zero) // no place on a logarithmic axis
        for (const point_record& each : self.points)
            chart.x_names.push_back(tick_text(static_cast<double>(each.size), ""));
    for (const std::string& peer : peers_in(run, self)) {
        const std::string name = peer_name(run, peer);
        chart_series series{name, style_of(run, peer), {}, number_of(run, peer)};
        for (std::size_t i = 0; i < self.points.size(); ++i) {
            const point_record& point = self.points[i];
            if (const auto found = of(point, peer))
                series.points.push_back(
                    {has_zero ? static_cast<double>(i + 1) : static_cast<double>(point.size),
                     {found->median, found->low, found->high},
                     fmt::format("{} at {}: {}", name, size_text(self, point.size),
                                 words(*found))});
        }
        if (!series.points.empty())
            chart.series.push_back(std::move(series));
    }
    return chart;
}

std::string ratios_over_sizes(const run_record& run, const scenario_record& self) {
    const figure& which = self.figures.front();
    const std::string judged = judged_in(self);
    line_chart chart = over_sizes(
        run, self,
        [&](const point_record& point, const std::string& peer) -> std::optional<estimate> {
            if (peer == judged)
                return std::nullopt;
            return ratio_of(point, judged, peer, which.id);
        },
        [&](const estimate& ratio) {
            return fmt::format("{}, {}", ratio_text(ratio), verdict_text(which, ratio, judged));
        });
    chart.title =
        fmt::format("{}: {}, {} 1 {} {}", capitalized(which.label), ratio_heading(run, self),
                    which.less_is_better ? "below" : "above", peer_name(run, judged),
                    which.less_is_better ? "needs less" : "gives more");
    chart.reference = 1;
    return chart.series.empty() ? "" : draw(chart);
}

std::string ratio_charts(const run_record& run, const scenario_record& self) {
    if (!self.figures.front().compared)
        return "";
    if (self.points.size() > most_ratio_charts)
        return ratios_over_sizes(run, self);
    std::string charts;
    for (const point_record& each : self.points)
        charts += forest(run, self, each);
    return charts;
}

// --- values

std::string curve(const run_record& run, const scenario_record& self, const figure& which) {
    line_chart chart = over_sizes(
        run, self,
        [&](const point_record& point, const std::string& peer) {
            return value_of(point, peer, which.id);
        },
        [&](const estimate& value) {
            return html_units(fmt::format("{} ({} to {})", quantity(value.median, which.unit),
                                          quantity(value.low, which.unit),
                                          quantity(value.high, which.unit)));
        });
    chart.title = fmt::format("{}{}", capitalized(which.label),
                              which.less_is_better ? "" : " (more is better)");
    chart.logarithmic = true;
    chart.unit = which.unit;
    return chart.series.empty() ? "" : draw(chart);
}

// Of the judged figure, and of others that count something else.
std::string scale_curves(const run_record& run, const scenario_record& self) {
    if (self.points.size() < 2)
        return "";
    std::string charts;
    for (const figure& each : self.figures) {
        const bool first = &each == &self.figures.front();
        if (first || (each.compared && each.unit != self.figures.front().unit && !percentile(each)))
            charts += curve(run, self, each);
    }
    return charts;
}

// The size with the most peers; the largest of those.
const point_record* fullest(const scenario_record& self) {
    const point_record* found = nullptr;
    std::ptrdiff_t most = 1;
    for (const point_record& each : self.points) {
        const auto sides = std::count_if(each.sides.begin(), each.sides.end(), has_value);
        if (sides > most || (found != nullptr && sides == most)) {
            found = &each;
            most = sides;
        }
    }
    return found;
}

std::string latencies(const run_record& run, const scenario_record& self) {
    std::vector<const figure*> shown;
    for (const figure& each : self.figures)
        if (percentile(each))
            shown.push_back(&each);
    std::sort(shown.begin(), shown.end(), [](const figure* one, const figure* other) {
        return *percentile(*one) < *percentile(*other); // whichever of them is judged
    });
    const point_record* at = fullest(self);
    if (shown.size() < 2 || at == nullptr)
        return "";
    line_chart chart{"Latency" + at_size(self, *at),
                     "share of the requests that were faster",
                     "",
                     std::nullopt,
                     {}};
    chart.logarithmic = true;
    chart.unit = shown.front()->unit;
    for (const figure* each : shown)
        chart.x_names.push_back(fmt::format("{:g} %", *percentile(*each)));
    for (const std::string& peer : peers_in(run, self)) {
        const std::string name = peer_name(run, peer);
        chart_series series{name, style_of(run, peer), {}, number_of(run, peer)};
        for (std::size_t i = 0; i < shown.size(); ++i)
            if (const auto value = value_of(*at, peer, shown[i]->id))
                series.points.push_back(
                    {static_cast<double>(i + 1),
                     {value->median, value->low, value->high},
                     html_units(fmt::format("{}, {}: {}", name, shown[i]->label,
                                            quantity(value->median, shown[i]->unit)))});
        if (!series.points.empty())
            chart.series.push_back(std::move(series));
    }
    return chart.series.empty() ? "" : draw(chart);
}

} // namespace

std::string charts_of(const run_record& run, const scenario_record& self) {
    return ratio_charts(run, self) + scale_curves(run, self) + latencies(run, self);
}

} // namespace bench
