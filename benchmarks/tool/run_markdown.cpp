// SPDX-License-Identifier: BSL-1.0
// run_markdown: see the header.
#include "benchmarks/tool/run_markdown.hpp"

#include "benchmarks/tool/claims.hpp"
#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/run_words.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace bench {

namespace {

// plain keeps the record's words from being taken for markup. Backquotes stay: they are meant.
std::string plain(std::string_view text) {
    std::string out;
    for (const char letter : text) {
        if (letter == '|' || letter == '*')
            out += '\\';
        if (letter == '<')
            out += "&lt;";
        else
            out += letter == '\n' ? ' ' : letter;
    }
    return out;
}

class table {
  public:
    enum class of { figures, words };

    explicit table(const std::vector<std::string>& headings, of cells = of::figures) {
        row(headings);
        text_ += "|:--|";
        for (std::size_t i = 1; i < headings.size(); ++i)
            text_ += cells == of::figures ? "--:|" : ":--|";
        text_ += "\n";
        rows_ = 0;
    }

    void row(const std::vector<std::string>& cells) {
        text_ += "|";
        for (const std::string& each : cells)
            text_ += " " + each + " |";
        text_ += "\n";
        ++rows_;
    }
    std::string take() { return rows_ == 0 ? "" : std::move(text_) + "\n"; }

  private:
    std::string text_;
    int rows_ = 0;
};

std::string ratio_words(const figure& which, const std::optional<estimate>& ratio) {
    if (!ratio)
        return "";
    const standing found = standing_of(which, *ratio);
    return ratio_text(*ratio) + (found == standing::level   ? " ≈"
                                 : found == standing::worse ? " ▲"
                                                            : "");
}

std::string value_words(const point_record& point, std::string_view peer, const figure& which) {
    const auto value = value_of(point, peer, which.id);
    return value ? html_units(quantity(value->median, which.unit)) : "";
}

std::vector<std::string> peers_in(const scenario_record& self) {
    std::vector<std::string> peers;
    for (const point_record& point : self.points)
        for (const side_record& side : point.sides)
            if (std::find(peers.begin(), peers.end(), side.peer) == peers.end())
                peers.push_back(side.peer);
    return peers;
}

// --- a scenario

// A row for each peer, a column for each size.
using cell = std::function<std::string(const point_record&, const std::string& peer)>;
std::string over_sizes(const run_record& run, const scenario_record& self,
                       const std::string& corner, bool with_judged, const cell& words) {
    std::vector<std::string> headings{corner};
    for (const point_record& point : self.points)
        headings.push_back(plain(size_text(self, point.size)));
    table rows(headings);
    for (const std::string& peer : peers_in(self)) {
        if (peer == judged_in(self) && !with_judged)
            continue;
        std::vector<std::string> cells{plain(peer_name(run, peer))};
        for (const point_record& point : self.points)
            cells.push_back(words(point, peer));
        if (std::any_of(cells.begin() + 1, cells.end(),
                        [](const std::string& each) { return !each.empty(); }))
            rows.row(cells);
    }
    return rows.take();
}

// A row for each peer, a column for each figure, at one size.
std::string at_one_size(const run_record& run, const scenario_record& self,
                        const point_record& point) {
    const figure& first = self.figures.front();
    const std::string judged = judged_in(self);
    std::vector<std::string> headings{plain(size_text(self, point.size)), plain(first.label)};
    if (first.compared)
        headings.push_back(plain(ratio_heading(run, self)));
    for (std::size_t i = 1; i < self.figures.size(); ++i)
        headings.push_back(plain(self.figures[i].label));
    table rows(headings);
    for (const side_record& side : point.sides) {
        if (!has_value(side))
            continue;
        std::vector<std::string> cells{plain(peer_name(run, side.peer)) +
                                           (side.shortfall.empty() ? "" : "\\*"),
                                       value_words(point, side.peer, first)};
        if (first.compared)
            cells.push_back(side.peer == judged
                                ? ""
                                : ratio_words(first, ratio_of(point, judged, side.peer, first.id)));
        for (std::size_t i = 1; i < self.figures.size(); ++i)
            cells.push_back(value_words(point, side.peer, self.figures[i]));
        rows.row(cells);
    }
    return rows.take();
}

std::string several_sizes(const run_record& run, const scenario_record& self) {
    const figure& first = self.figures.front();
    const std::string judged = judged_in(self);
    std::string text;
    if (first.compared)
        text += over_sizes(run, self, plain(ratio_heading(run, self)), false,
                           [&](const point_record& point, const std::string& peer) {
                               return ratio_words(first, ratio_of(point, judged, peer, first.id));
                           });
    for (const figure& each : self.figures)
        text += over_sizes(run, self, plain(each.label), true,
                           [&](const point_record& point, const std::string& peer) {
                               return value_words(point, peer, each);
                           });
    return text;
}

std::string section_of(const run_record& run, const scenario_record& self) {
    std::string text = fmt::format("### {} (`{}`)\n\n", plain(self.title), self.name);
    if (!self.about.empty())
        text += plain(self.about) + "\n\n";
    if (!was_measured(self))
        text += "Not measured.\n\n";
    else if (self.points.size() == 1)
        text += at_one_size(run, self, self.points.front());
    else
        text += several_sizes(run, self);
    const std::vector<std::string> notes = notes_of(run, self);
    for (const std::string& each : notes)
        text += fmt::format("* {}\n", plain(each));
    if (!notes.empty())
        text += "\n";
    if (!self.not_shown.empty())
        text += fmt::format("*What it does not show:* {}\n\n", plain(self.not_shown));
    return text;
}

// --- the document's other parts

std::string overview(const run_record& run) {
    std::vector<std::string> peers;
    for (const scenario_record& scenario : run.scenarios)
        for (const judged_ratio& each : judged_ratios(scenario))
            if (std::find(peers.begin(), peers.end(), each.peer) == peers.end())
                peers.push_back(each.peer);
    std::vector<std::string> headings{"weft / peer"};
    for (const std::string& each : peers)
        headings.push_back(plain(peer_name(run, each)));
    table rows(headings);
    for (const scenario_record& scenario : run.scenarios) {
        const std::vector<judged_ratio> ratios = judged_ratios(scenario);
        if (ratios.empty())
            continue;
        std::vector<std::string> cells{fmt::format("`{}`", scenario.name)};
        for (const std::string& peer : peers) {
            const judged_ratio* shown = overview_ratio(ratios, peer);
            const figure& which = scenario.figures.front();
            const standing found = shown ? standing_of(which, shown->ratio) : standing::better;
            cells.push_back(shown == nullptr ? ""
                                             : ratio_number(shown->ratio.median) +
                                                   (found == standing::level   ? " ≈"
                                                    : found == standing::worse ? " ▲"
                                                                               : ""));
        }
        rows.row(cells);
    }
    return rows.take();
}

std::string claims_table(const run_record& run) {
    table rows({"claim", "tried by", "asyncio", "weft", "what came out"}, table::of::words);
    for (const tried_claim& each : asyncio_claims(run))
        rows.row({plain(each.claim), plain(each.tried_by), html_units(plain(each.measured)),
                  html_units(plain(each.weft)), "**" + plain(each.verdict) + "**"});
    return rows.take();
}

std::string versions(const run_record& run) {
    std::string text;
    for (const peer_record& each : run.peers)
        if (!each.missing.empty() || !each.version.empty())
            text += fmt::format(
                "* {}: {}\n", plain(each.name.empty() ? each.id : each.name),
                plain(each.missing.empty() ? each.version : "missing: " + each.missing));
    return text.empty() ? "" : text + "\n";
}

// as_typed leaves out where the program lay: elsewhere, it is found by its name.
std::string as_typed(const std::string& command) {
    const std::size_t end = std::min(command.find(' '), command.size());
    const std::size_t folder = command.rfind('/', end);
    return folder == std::string::npos || folder >= end ? command : command.substr(folder + 1);
}

std::string head(const run_record& run) {
    std::string text = fmt::format(
        "# Benchmarks\n\n"
        "Written by weft-bench from the record of one run; not to be edited by hand. How it "
        "measures, and what follows from that, is in "
        "[benchmark-methodology.md](benchmark-methodology.md).\n\n"
        "{}. {} run, {}:\n\n    {}\n\n",
        plain(machine_text(run)), capitalized(run.mode), length_text(run.seconds),
        as_typed(machine_fact(run, "command")));
    for (const std::string& each : remarks_of(run))
        text += fmt::format("Note: {}\n\n", plain(each));
    return text;
}

} // namespace

std::string run_markdown(const run_record& run) {
    std::string text = head(run);
    text += "## All ratios\n\n" + plain(tally(run)) + "\n\n";
    text += "weft's figure divided by the peer's, of the first figure of each scenario, at the "
            "largest size that both reached often enough for an interval. ≈: no difference shown; "
            "▲: weft is behind; all "
            "others: weft is ahead.\n\n";
    text += overview(run);
    text += "## What is said of asyncio, one by one\n\n"
            "Each claim is tried by a scenario of this run, and the verdict is worked out from its "
            "figures: \"holds\" and \"does not hold\" only where the whole interval says so. "
            "\"About\" allows for a quarter more.\n\n";
    text += claims_table(run);
    text += "## Scenarios\n\nIn brackets stands the interval that holds the median with 95 %.\n\n";
    for (const scenario_record& each : run.scenarios)
        text += section_of(run, each);
    text += "## Versions\n\n" + versions(run);
    text.erase(text.find_last_not_of('\n') + 1);
    return text + "\n";
}

} // namespace bench
