// SPDX-License-Identifier: BSL-1.0
// run_page_tables: see the header.
#include "benchmarks/tool/run_page_tables.hpp"

#include "benchmarks/tool/html.hpp"
#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/run_words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bench {

namespace {

std::string exact(double value) {
    return nlohmann::json(value).dump();
}

std::string_view class_of(standing found) {
    switch (found) {
    case standing::better:
        return "good";
    case standing::worse:
        return "bad";
    default:
        return "soft";
    }
}

// What a cell is, for whoever reads the page with a program.
std::string data_of(std::string_view kind, const scenario_record& scenario,
                    const point_record& point, std::string_view peer, const figure& which,
                    const estimate& value) {
    return fmt::format(" data-kind='{}' data-scenario='{}' data-size='{}' data-peer='{}' "
                       "data-figure='{}' data-value='{}' data-low='{}' data-high='{}'",
                       kind, html_text(scenario.name), point.size, html_text(peer),
                       html_text(which.id), exact(value.median), exact(value.low),
                       exact(value.high));
}

std::string ratio_cell(std::string_view kind, const scenario_record& scenario,
                       const point_record& point, std::string_view peer, const figure& which) {
    const std::string judged = judged_in(scenario);
    const auto ratio = ratio_of(point, judged, peer, which.id);
    if (!ratio)
        return "<td class='soft'>&ndash;</td>";
    const std::string range =
        ratio->known ? fmt::format("{} to {}", ratio_number(ratio->low), ratio_number(ratio->high))
                     : fmt::format("{} {}", ratio->rounds, ratio->rounds == 1 ? "round" : "rounds");
    return fmt::format("<td class='{}' title='{}'{}>{}<small>{}</small></td>",
                       class_of(standing_of(which, *ratio)), verdict_text(which, *ratio, judged),
                       data_of(kind, scenario, point, peer, which, *ratio),
                       ratio_number(ratio->median), range);
}

std::string value_cell(const scenario_record& scenario, const point_record& point,
                       const side_record& side, const figure& which) {
    const auto value = value_of(point, side.peer, which.id);
    if (!value)
        return "<td class='soft'>&ndash;</td>";
    return fmt::format("<td{}>{}<small>{} to {}</small></td>",
                       data_of("value", scenario, point, side.peer, which, *value),
                       html_units(quantity(value->median, which.unit)),
                       html_units(quantity(value->low, which.unit)),
                       html_units(quantity(value->high, which.unit)));
}

std::string name_cell(const run_record& run, const side_record& side, bool indented) {
    return fmt::format("<td{}>{}{}</td>", indented ? " class='indent'" : "",
                       html_text(peer_name(run, side.peer)), side.shortfall.empty() ? "" : "*");
}

std::string heading(std::string_view caption, const std::vector<figure>& figures) {
    std::string cells;
    for (const figure& each : figures)
        cells += fmt::format("<th>{}</th>", html_text(each.label));
    return fmt::format("<table class='figures-wide'><caption>{}</caption>\n<tr><th></th>{}</tr>\n",
                       caption, cells);
}

std::string size_row(const scenario_record& self, const point_record& point, std::size_t columns) {
    const std::string size = size_text(self, point.size);
    return size.empty() ? ""
                        : fmt::format("<tr class='group'><th>{}</th><td colspan='{}'></td></tr>\n",
                                      html_text(size), columns);
}

// The largest size at which weft and the peer have a ratio.
const point_record* shown_point(const scenario_record& self, std::string_view peer) {
    const std::vector<judged_ratio> ratios = judged_ratios(self);
    const judged_ratio* found = overview_ratio(ratios, peer);
    return found == nullptr ? nullptr : found->point;
}

} // namespace

std::string ratio_table(const run_record& run, const scenario_record& self) {
    std::vector<figure> figures;
    std::copy_if(self.figures.begin(), self.figures.end(), std::back_inserter(figures),
                 [](const figure& each) { return each.compared; });
    std::string rows;
    for (const point_record& point : self.points) {
        std::string of_size;
        for (const side_record& side : point.sides) {
            if (side.peer == judged_in(self) || !has_value(side))
                continue;
            of_size += "<tr>" + name_cell(run, side, self.points.size() > 1);
            for (const figure& each : figures)
                of_size += ratio_cell("ratio", self, point, side.peer, each);
            of_size += "</tr>\n";
        }
        if (!of_size.empty())
            rows += size_row(self, point, figures.size()) + of_size;
    }
    if (rows.empty() || figures.empty())
        return "";
    return "<div class='scroll'>" + heading(html_text(ratio_heading(run, self)), figures) + rows +
           "</table></div>\n";
}

std::string value_table(const run_record& run, const scenario_record& self) {
    std::string rows;
    for (const point_record& point : self.points) {
        rows += size_row(self, point, self.figures.size());
        for (const side_record& side : point.sides) {
            rows += "<tr>" + name_cell(run, side, self.points.size() > 1);
            for (const figure& each : self.figures)
                rows += value_cell(self, point, side, each);
            rows += "</tr>\n";
        }
    }
    return "<div class='scroll'>" + heading("Figures: median, and its interval", self.figures) +
           rows + "</table></div>\n";
}

std::string overview_table(const run_record& run) {
    std::vector<const peer_record*> peers;
    for (const peer_record& peer : run.peers)
        if (std::any_of(run.scenarios.begin(), run.scenarios.end(),
                        [&](const auto& each) { return shown_point(each, peer.id) != nullptr; }))
            peers.push_back(&peer);
    std::string text = "<table class='overview'>\n<tr><th></th>";
    for (const peer_record* peer : peers)
        text += fmt::format("<th>{}</th>", html_text(peer_name(run, peer->id)));
    text += "</tr>\n";
    for (const scenario_record& scenario : run.scenarios) {
        if (!was_measured(scenario) || !scenario.figures.front().compared)
            continue;
        text += fmt::format("<tr><td><a href='#{}'>{}</a></td>", html_text(scenario.name),
                            html_text(scenario.name));
        for (const peer_record* peer : peers) {
            const point_record* at = shown_point(scenario, peer->id);
            text += at == nullptr
                        ? "<td class='soft'>&ndash;</td>"
                        : ratio_cell("overview", scenario, *at, peer->id, scenario.figures.front());
        }
        text += "</tr>\n";
    }
    return text + "</table>\n";
}

} // namespace bench
