// SPDX-License-Identifier: BSL-1.0
// run_page: see the header.
#include "benchmarks/tool/run_page.hpp"

#include "benchmarks/tool/html.hpp"
#include "benchmarks/tool/page_text.hpp"
#include "benchmarks/tool/run_page_charts.hpp"
#include "benchmarks/tool/run_page_tables.hpp"
#include "benchmarks/tool/run_words.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

constexpr std::size_t points_shown_open = 2; // tables of more sizes are folded

std::string paragraphs(const std::vector<std::string>& lines, std::string_view before) {
    std::string text;
    for (const std::string& each : lines)
        text += fmt::format("<p>{}{}</p>\n", before, html_text(each));
    return text;
}

std::string list_of(const std::vector<std::string>& lines, std::string_view style) {
    std::string items;
    for (const std::string& each : lines)
        items += fmt::format("<li>{}</li>\n", html_text(each));
    return items.empty() ? "" : fmt::format("<ul class='{}'>\n{}</ul>\n", style, items);
}

std::string measured_part(const run_record& run, const scenario_record& self) {
    if (!was_measured(self))
        return "<p>Not measured.</p>\n";
    const std::string charts = charts_of(run, self);
    return fmt::format("{}<details{}><summary>Ratios and figures in numbers</summary>\n{}{}"
                       "</details>\n",
                       charts.empty() ? "" : "<div class='charts'>\n" + charts + "</div>\n",
                       self.points.size() <= points_shown_open ? " open" : "",
                       ratio_table(run, self), value_table(run, self));
}

std::string section_of(const run_record& run, const scenario_record& self) {
    const std::string not_shown =
        self.not_shown.empty()
            ? ""
            : fmt::format("<p class='not-shown'><b>What it does not show.</b> {}</p>\n",
                          html_text(self.not_shown));
    return fmt::format("<section id='{0}'>\n<h2>{1} <span class='name'>{0}</span></h2>\n"
                       "<p class='soft'>{2}</p>\n{3}{4}{5}</section>\n",
                       html_text(self.name), html_text(self.title), html_text(self.about),
                       measured_part(run, self), list_of(notes_of(run, self), "notes soft"),
                       not_shown);
}

std::string peers_of(const run_record& run) {
    std::string rows;
    for (const peer_record& each : run.peers)
        rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n",
                            html_text(each.name.empty() ? each.id : each.name),
                            html_text(!each.missing.empty()  ? "missing: " + each.missing
                                      : each.version.empty() ? "did not take part"
                                                             : each.version));
    return rows;
}

} // namespace

std::string run_page(const run_record& self) {
    std::string scenarios;
    for (const scenario_record& each : self.scenarios)
        scenarios += section_of(self, each);
    return filled(run_page_text,
                  {
                      {"style", fmt::format("{}{}", page_style, run_page_style)},
                      {"machine_line", html_text(machine_text(self))},
                      {"run_line", html_text(fmt::format("{} run, {}.", capitalized(self.mode),
                                                         length_text(self.seconds)))},
                      {"remarks", paragraphs(remarks_of(self), "Note: ")},
                      {"tally", html_text(tally(self))},
                      {"overview", overview_table(self)},
                      {"missing", paragraphs(missing_of(self), "Missing: ")},
                      {"scenarios", scenarios},
                      {"machine", facts_rows(self.machine)},
                      {"peers", peers_of(self)},
                      {"data", script_json(to_json(self))},
                  });
}

} // namespace bench
