// SPDX-License-Identifier: BSL-1.0
// report_html: see the header. Here: the page's text and tables; its charts are page_charts.cpp's.
#include "benchmarks/tool/report_html.hpp"

#include "benchmarks/tool/html.hpp"
#include "benchmarks/tool/page_charts.hpp"
#include "benchmarks/tool/page_text.hpp"
#include "benchmarks/tool/text.hpp"
#include "benchmarks/tool/verdict.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

using nlohmann::json;

std::string unit_text(const metric& which) { // "us" is for terminals
    return which.unit == "us" ? "\u00b5s" : which.unit;
}

std::string class_of(const measured_case& self, const metric& which) {
    const std::optional<spread> advantage = advantage_of(self, which);
    if (!advantage || judge(*advantage) == outcome::no_difference)
        return "soft";
    return judge(*advantage) == outcome::fibers_better ? "good" : "bad";
}

// --- tables

std::string value_cell(const measured_case& self, const metric& which, side on) {
    const std::optional<spread> value = value_of(self, which.id, on);
    const std::string mark = self.reached(on) ? "" : "*";
    if (!value)
        return fmt::format("<td>&ndash;{}</td>", mark);
    std::string range;
    if (value->low != value->high)
        range = fmt::format("<small>{} to {}</small>", number(value->low), number(value->high));
    return fmt::format(
        "<td class='value' data-case='{}' data-metric='{}' data-side='{}' data-value='{}'>{}{}{}"
        "</td>",
        self.id, which.id, name_of(on), json(value->median).dump(), number(value->median), mark,
        range);
}

std::string ratio_cell(const measured_case& self, const metric& which) {
    const std::optional<spread> advantage = advantage_of(self, which);
    const std::string exact =
        advantage
            ? fmt::format(" data-case='{}' data-metric='{}' data-side='ratio' data-value='{}'",
                          self.id, which.id, json(advantage->median).dump())
            : "";
    std::string range;
    if (advantage && advantage->low != advantage->high) {
        const auto [low, high] = advantage_in_words(*advantage);
        range = fmt::format("<small>{} to {}</small>", factor(low), factor(high));
    }
    return fmt::format("<td class='{}'{}>{}{}</td>", class_of(self, which), exact,
                       comparison_of(self, which), range);
}

std::string table_row(std::string_view label, bool indented, const measured_case& self,
                      const metric& which) {
    return fmt::format("<tr><td{}>{}</td>{}{}{}</tr>\n", indented ? " class='indent'" : "",
                       html_text(label), value_cell(self, which, side::fibers),
                       value_cell(self, which, side::threads), ratio_cell(self, which));
}

std::string table_of(const block& self) {
    std::string rows;
    for (const metric& each : self.metrics) {
        if (!each.shown)
            continue;
        const std::string label =
            each.unit.empty() ? each.label : fmt::format("{}, {}", each.label, unit_text(each));
        if (self.cases.size() == 1) {
            rows += table_row(label, false, self.cases.front(), each);
            continue;
        }
        rows += fmt::format("<tr class='group'><th colspan='4'>{}</th></tr>\n", html_text(label));
        for (const measured_case& one : self.cases)
            rows += table_row(one.label, true, one, each);
    }
    const std::string first = self.cases.size() == 1 ? "" : self.case_label;
    return fmt::format("<table class='figures' data-block='{}'>\n<tr><th>{}</th><th>fibers</th>"
                       "<th>threads</th><th>fibers vs threads</th></tr>\n{}</table>\n",
                       self.id, html_text(first), rows);
}

std::string shortfalls_of(const block& self) {
    std::string text;
    for (const measured_case& each : self.cases)
        for (const side which : compared_sides)
            for (const std::string& reason : each.shortfalls[index_of(which)])
                text +=
                    fmt::format("<p>* {} {} {}: {}</p>\n", name_of(which),
                                self.cases.size() > 1 ? "at " + each.label : "",
                                self.cases.size() > 1 ? self.case_label : "", html_text(reason));
    return text;
}

std::string section_of(const block& self) {
    const std::string charts = charts_of(self);
    return fmt::format("<section id='{}'>\n<h2>{}</h2>\n<p class='verdict'>{}</p>\n"
                       "<p class='soft'>{}</p>\n{}{}{}</section>\n",
                       self.id, html_text(self.title), html_text(self.verdict),
                       html_text(self.about),
                       charts.empty() ? "" : "<div class='charts'>\n" + charts + "</div>\n",
                       table_of(self), shortfalls_of(self));
}

// --- head and foot

// card_for shows one ratio in large, of the last case of a block that has it.
std::string card_for(const results& all, std::string_view block_id, std::string_view metric_id,
                     std::string_view label) {
    const block* from = all.block_named(block_id);
    if (!from)
        return "";
    const metric& which = from->metric_named(metric_id);
    for (auto self = from->cases.rbegin(); self != from->cases.rend(); ++self) {
        if (!advantage_of(*self, which))
            continue;
        const std::string place =
            from->cases.size() > 1 ? fmt::format(" at {} {}", self->label, from->case_label) : "";
        return fmt::format(
            "<div class='card'><b class='{}'>{}</b><span>{}</span><span class='soft'>{} against {} "
            "{}{}</span></div>\n",
            class_of(*self, which), comparison_of(*self, which), label,
            number(value_of(*self, which.id, side::fibers)->median),
            number(value_of(*self, which.id, side::threads)->median), unit_text(which), place);
    }
    return "";
}

std::string cards(const results& self) {
    return card_for(self, "connections", "requests_per_second", "requests per second") +
           card_for(self, "connections", "server_cpu_us", "CPU per request") +
           card_for(self, "connections", "memory_kib", "memory per connection") +
           card_for(self, "waiting", "wall_ms", "time for 10,000 waiting requests") +
           card_for(self, "unit_costs", "create_join_ns", "to create and join one") +
           card_for(self, "unit_costs", "switch_ns", "to switch to another");
}

std::string summary(const results& self) {
    const json& machine = self.machine;
    const std::size_t cores = machine.at("cores");
    const auto word = [&](const char* key) {
        return html_text(machine.at(key).get<std::string>());
    };
    return fmt::format(
        "{}, {} {}, {}, {}. weft {}, {}. <span class='together'>{}</span>. Median of "
        "{} {}.",
        word("processor"), cores, cores == 1 ? "core" : "cores", word("memory"), word("kernel"),
        machine.at("versions").at("weft").get<std::string>(), word("compiler"), word("date"),
        self.rounds, self.rounds == 1 ? "round" : "rounds");
}

std::string remarks(const results& self) {
    std::string text;
    for (const std::string& each : self.remarks)
        text += fmt::format("<p>Note: {}</p>\n", html_text(each));
    return text;
}

std::string method(const results& self) {
    std::string items;
    for (const std::string each : self.method.at("notes"))
        items += fmt::format("<li>{}</li>\n", html_text(each));
    return items;
}

std::string machine(const results& self) {
    return facts_rows(self.machine) + facts_rows(self.method);
}

} // namespace

std::string html_report(const results& self) {
    std::string blocks;
    for (const block& each : self.blocks)
        if (each.measured())
            blocks += section_of(each);
    return filled(page_text, {
                                 {"style", std::string(page_style)},
                                 {"summary", summary(self)},
                                 {"remarks", remarks(self)},
                                 {"cards", cards(self)},
                                 {"blocks", blocks},
                                 {"method", method(self)},
                                 {"machine", machine(self)},
                                 {"data", script_json(to_json(self))},
                             });
}

} // namespace bench
