// SPDX-License-Identifier: BSL-1.0
// page_charts: see the header.
#include "benchmarks/tool/page_charts.hpp"

#include "benchmarks/tool/chart.hpp"
#include "benchmarks/tool/text.hpp"
#include "benchmarks/tool/verdict.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

std::string unit_text(const metric& which) {
    return which.unit == "us" ? "\u00b5s" : which.unit;
}

std::string with_unit(const std::string& text, const metric& which) {
    return which.unit.empty() ? text : text + " " + unit_text(which);
}

std::string tooltip(const measured_case& self, const block& from, std::string_view name,
                    const std::string& text, const spread& value) {
    std::string tip = fmt::format("{} {}, {}: {}", self.label, from.case_label, name, text);
    if (value.low != value.high)
        tip += fmt::format(" ({} to {} over the rounds)", number(value.low), number(value.high));
    return tip;
}

chart_series ratio_series(const block& from, std::string_view metric_id, std::string name,
                          std::string style) {
    const metric& which = from.metric_named(metric_id);
    chart_series self{std::move(name), std::move(style), {}};
    for (const measured_case& each : from.cases)
        if (const auto advantage = advantage_of(each, which))
            self.points.push_back(
                {each.scale, *advantage,
                 tooltip(each, from, self.name, factor(advantage->median), *advantage)});
    return self;
}

std::string ratio_chart(const block& from) {
    return draw(
        line_chart{"How many times better fibers are (1x: equal)",
                   from.case_label,
                   "x",
                   1.0,
                   {ratio_series(from, "requests_per_second", "requests per second", "tone-1"),
                    ratio_series(from, "server_cpu_us", "CPU per request", "tone-2"),
                    ratio_series(from, "latency_p99_us", "latency p99", "tone-3"),
                    ratio_series(from, "memory_kib", "memory", "tone-4")},
                   false});
}

std::string absolute_chart(const block& from, std::string_view metric_id) {
    const metric& which = from.metric_named(metric_id);
    line_chart self{which.unit.empty() ? which.label
                                       : fmt::format("{}, {}", which.label, unit_text(which)),
                    from.case_label,
                    "",
                    std::nullopt,
                    {}};
    for (const side on : compared_sides) {
        const std::string name(name_of(on));
        chart_series series{name, name, {}};
        for (const measured_case& each : from.cases)
            if (const auto value = value_of(each, which.id, on))
                series.points.push_back(
                    {each.scale, *value,
                     tooltip(each, from, name, with_unit(number(value->median), which), *value)});
        self.series.push_back(std::move(series));
    }
    return draw(self);
}

// memory_parts_chart shows what a connection's memory consists of, at the largest count.
std::string memory_parts_chart(const block& from) {
    const measured_case& largest = from.cases.back();
    bar_chart self{
        fmt::format("What the memory is, at {} {}, KiB", largest.label, from.case_label), {}, {}};
    constexpr std::array parts{"memory_user_kib", "memory_page_tables_kib",
                               "memory_kernel_stacks_kib", "memory_kernel_objects_kib"};
    for (const side on : compared_sides) {
        const auto total = value_of(largest, "memory_kib", on);
        if (!total)
            continue;
        bar one{std::string(name_of(on)), number(total->median) + " KiB", {}};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto value = value_of(largest, parts[i], on);
            if (value && value->median > 0)
                one.segments.push_back({value->median, fmt::format("tone-{}", i + 1),
                                        fmt::format("{}: {} KiB", from.metric_named(parts[i]).label,
                                                    number(value->median))});
        }
        self.bars.push_back(std::move(one));
    }
    for (std::size_t i = 0; i < parts.size(); ++i)
        self.legend.emplace_back(from.metric_named(parts[i]).label, fmt::format("tone-{}", i + 1));
    return draw(self);
}

std::string pair_of_bars(const block& from, std::string_view metric_id) {
    const metric& which = from.metric_named(metric_id);
    const measured_case& only = from.cases.front();
    bar_chart self{fmt::format("{}, {}", which.label, unit_text(which)), {}, {}};
    for (const side on : compared_sides)
        if (const auto value = value_of(only, which.id, on)) {
            const std::string text = with_unit(number(value->median), which);
            self.bars.push_back({std::string(name_of(on)),
                                 text,
                                 {{value->median, std::string(name_of(on)),
                                   fmt::format("{}: {}", name_of(on), text)}}});
        }
    return draw(self);
}

} // namespace

std::string charts_of(const block& self) {
    if (self.id == "connections")
        return ratio_chart(self) + absolute_chart(self, "requests_per_second") +
               absolute_chart(self, "server_cpu_us") + absolute_chart(self, "latency_p50_us") +
               absolute_chart(self, "latency_p99_us") + absolute_chart(self, "memory_kib") +
               memory_parts_chart(self);
    if (self.id == "waiting")
        return pair_of_bars(self, "wall_ms") + pair_of_bars(self, "server_cpu_ms");
    if (self.id == "unit_costs")
        return pair_of_bars(self, "create_join_ns") + pair_of_bars(self, "switch_ns");
    return "";
}

} // namespace bench
