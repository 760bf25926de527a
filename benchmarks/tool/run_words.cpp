// SPDX-License-Identifier: BSL-1.0
// run_words: see the header.
#include "benchmarks/tool/run_words.hpp"

#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bench {

namespace {

// A reason, and where it holds: the same one at several sizes, or of several peers, is one note.
struct reason {
    std::string text;
    std::vector<std::string> peers;
    std::vector<std::int64_t> sizes;
};

std::vector<reason> reasons_of_peers(const scenario_record& self) {
    std::vector<reason> all;
    for (const point_record& point : self.points)
        for (const side_record& side : point.sides) {
            if (side.shortfall.empty())
                continue;
            const auto same = std::find_if(all.begin(), all.end(), [&](const reason& each) {
                return each.peers.front() == side.peer && each.text == side.shortfall;
            });
            if (same == all.end())
                all.push_back({side.shortfall, {side.peer}, {point.size}});
            else
                same->sizes.push_back(point.size);
        }
    return all;
}

std::vector<reason> reasons_of(const scenario_record& self) {
    std::vector<reason> all;
    for (reason& one : reasons_of_peers(self)) {
        const auto same = std::find_if(all.begin(), all.end(), [&](const reason& each) {
            return each.text == one.text && each.sizes == one.sizes;
        });
        if (same == all.end())
            all.push_back(std::move(one));
        else
            same->peers.push_back(one.peers.front());
    }
    return all;
}

std::string names_text(const run_record& run, const std::vector<std::string>& peers) {
    std::vector<std::string> names;
    for (const std::string& each : peers)
        names.push_back(peer_name(run, each));
    return joined(names);
}

std::string sizes_text(const scenario_record& scenario, const std::vector<std::int64_t>& sizes) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        words.push_back(i + 1 == sizes.size() ? size_text(scenario, sizes[i]) : grouped(sizes[i]));
    return words.back().empty() ? "" : " at " + joined(words);
}

std::string time_note(const scenario_record& self) {
    std::vector<std::int64_t> sizes;
    int fewest = 0;
    int most = 0;
    for (const point_record& point : self.points)
        if (point.time_was_up) {
            fewest = sizes.empty() ? point.rounds : std::min(fewest, point.rounds);
            most = std::max(most, point.rounds);
            sizes.push_back(point.size);
        }
    if (sizes.empty())
        return "";
    return fmt::format("the time was up{} after {} {}, before the intervals were as narrow as they "
                       "should be",
                       sizes_text(self, sizes),
                       fewest == most ? std::to_string(most)
                                      : fmt::format("{} to {}", fewest, most),
                       most == 1 ? "round" : "rounds");
}

} // namespace

std::string peer_name(const run_record& run, std::string_view id) {
    const peer_record* found = recorded_peer(run, id);
    return found != nullptr && !found->name.empty() ? found->name : std::string(id);
}

namespace {

bool near_1(double value) {
    return std::abs(value - 1) < 0.1;
}

std::string with_digits(double value, bool closely) {
    if (value >= 99.5)
        return grouped(std::llround(value));
    if (value >= 9.95)
        return fmt::format("{:.1f}", value);
    if (value >= 0.0995)
        return fmt::format("{:.{}f}", value, closely ? 3 : 2);
    if (value >= 0.00995)
        return fmt::format("{:.3f}", value);
    return value >= 0.000995 ? fmt::format("{:.4f}", value) : fmt::format("{:.1e}", value);
}

} // namespace

std::string ratio_number(double value) {
    return with_digits(value, near_1(value));
}

std::string ratio_text(const estimate& self) {
    if (!self.known)
        return fmt::format("{} ({} {})", ratio_number(self.median), self.rounds,
                           self.rounds == 1 ? "round" : "rounds");
    // An interval that ends just short of 1 is seen to.
    const bool closely = near_1(self.median) || near_1(self.low) || near_1(self.high);
    return fmt::format("{} ({}..{})", with_digits(self.median, closely),
                       with_digits(self.low, closely), with_digits(self.high, closely));
}

standing standing_of(const figure& which, const estimate& ratio) {
    const verdict found = judge(ratio);
    if (found == verdict::no_difference)
        return standing::level;
    return (found == verdict::less) == which.less_is_better ? standing::better : standing::worse;
}

std::string judged_in(const scenario_record& self) {
    for (const point_record& point : self.points)
        if (!point.sides.empty())
            return point.sides.front().peer;
    return std::string(ours);
}

std::string ratio_heading(const run_record& run, const scenario_record& self) {
    return peer_name(run, judged_in(self)) + " / peer";
}

std::string verdict_text(const figure& which, const estimate& ratio, std::string_view judged) {
    const verdict found = judge(ratio);
    if (found == verdict::no_difference)
        return "no difference shown";
    return fmt::format("{} {} {}", judged == ours ? ours : "first",
                       which.less_is_better ? "needs" : "gives",
                       found == verdict::less ? "less" : "more");
}

std::string short_label(const figure& self) {
    std::string text = self.id;
    const std::string ending = "_" + self.unit;
    if (!self.unit.empty() && text.ends_with(ending))
        text.resize(text.size() - ending.size());
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

std::string size_text(const scenario_record& scenario, std::int64_t size) {
    if (scenario.size_label.empty())
        return scenario.points.size() > 1 ? grouped(size) : "";
    std::string label = scenario.size_label;
    if (size == 1) // "1 connection", "1 timer armed"
        if (const std::size_t end = std::min(label.find(' '), label.size());
            end > 1 && label[end - 1] == 's')
            label.erase(end - 1, 1);
    return fmt::format("{} {}", grouped(size), label);
}

bool has_value(const side_record& self) {
    return std::any_of(self.rounds.begin(), self.rounds.end(),
                       [](const round_figures& each) { return each && !each->empty(); });
}

bool was_measured(const scenario_record& self) {
    return std::any_of(self.points.begin(), self.points.end(), [](const point_record& point) {
        return std::any_of(point.sides.begin(), point.sides.end(), has_value);
    });
}

std::vector<std::string> notes_of(const run_record& run, const scenario_record& self) {
    std::vector<std::string> notes;
    for (const reason& each : reasons_of(self))
        notes.push_back(fmt::format("{}{}: {}", names_text(run, each.peers),
                                    sizes_text(self, each.sizes), each.text));
    if (std::string late = time_note(self); !late.empty())
        notes.push_back(std::move(late));
    notes.insert(notes.end(), self.absent.begin(), self.absent.end());
    return notes;
}

std::vector<std::string> missing_of(const run_record& self) {
    std::vector<std::string> lines;
    for (const peer_record& each : self.peers)
        if (!each.missing.empty())
            lines.push_back(
                fmt::format("{}: {}", each.name.empty() ? each.id : each.name, each.missing));
    return lines;
}

std::vector<judged_ratio> judged_ratios(const scenario_record& self) {
    std::vector<judged_ratio> ratios;
    if (self.figures.empty() || !self.figures.front().compared)
        return ratios;
    const std::string judged = judged_in(self);
    for (const point_record& point : self.points)
        for (const side_record& side : point.sides)
            if (side.peer != judged)
                if (const auto ratio = ratio_of(point, judged, side.peer, self.figures.front().id))
                    ratios.push_back({&point, side.peer, *ratio});
    return ratios;
}

const judged_ratio* overview_ratio(const std::vector<judged_ratio>& ratios, std::string_view peer) {
    const auto rank = [](const judged_ratio& of) {
        return std::pair(of.ratio.known, of.point->size);
    };
    const judged_ratio* found = nullptr;
    for (const judged_ratio& each : ratios)
        if (each.peer == peer && (found == nullptr || rank(each) >= rank(*found)))
            found = &each;
    return found;
}

std::string tally(const run_record& self) {
    int counts[3]{};
    int all = 0;
    std::string_view who = ours;
    for (const scenario_record& scenario : self.scenarios)
        who = judged_in(scenario) == ours ? who : "the first side";
    for (const scenario_record& scenario : self.scenarios)
        for (const judged_ratio& each : judged_ratios(scenario)) {
            ++counts[static_cast<int>(standing_of(scenario.figures.front(), each.ratio))];
            ++all;
        }
    if (all == 0)
        return "Nothing was compared.";
    return fmt::format("{} {}: {} is ahead in {} and behind in {}; in {} no difference is "
                       "shown. Each interval is one of {:.0f} %: of the differences shown, a few "
                       "near 1 may be chance.",
                       all, all == 1 ? "comparison" : "comparisons", who,
                       counts[static_cast<int>(standing::better)],
                       counts[static_cast<int>(standing::worse)],
                       counts[static_cast<int>(standing::level)], 100 * confidence);
}

std::string machine_fact(const run_record& self, const char* key) {
    const auto found = self.machine.find(key);
    if (found == self.machine.end())
        return "";
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string weft_version(const run_record& self) {
    const auto versions = self.machine.find("versions");
    if (versions == self.machine.end() || !versions->is_object())
        return "";
    const auto found = versions->find("weft");
    return found != versions->end() && found->is_string() ? found->get<std::string>() : "";
}

std::string machine_text(const run_record& self) {
    const std::string cores = machine_fact(self, "cores");
    std::string text = machine_fact(self, "processor");
    const auto add = [&text](const std::string& part) {
        if (!part.empty())
            text += (text.empty() ? "" : ", ") + part;
    };
    add(cores.empty() ? "" : cores + (cores == "1" ? " core" : " cores"));
    for (const char* key : {"memory", "system", "kernel", "compiler"})
        add(machine_fact(self, key));
    const std::string governor = machine_fact(self, "frequency governor");
    add(governor.empty() ? "" : "frequency governor " + governor);
    const std::string version = weft_version(self);
    add(version.empty() ? "" : "weft " + version);
    add(machine_fact(self, "date"));
    return text;
}

std::string capitalized(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

std::string length_text(double seconds) {
    const auto whole = std::llround(seconds);
    if (whole < 60)
        return fmt::format("{} s", whole);
    return whole % 60 == 0 ? fmt::format("{} min", whole / 60)
                           : fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::vector<std::string> remarks_of(const run_record& self) {
    std::vector<std::string> remarks = self.remarks;
    if (!self.complete)
        remarks.push_back("The run was ended early: what had been measured until then is here, the "
                          "rest is not.");
    int few = 0;
    for (const scenario_record& scenario : self.scenarios)
        for (const point_record& point : scenario.points)
            few += point.rounds > 0 && point.rounds < fewest_rounds ? 1 : 0;
    if (few > 0)
        remarks.push_back(fmt::format(
            "{} {} had fewer than {} rounds, too few for an interval of {:.0f} %: no difference is "
            "claimed there.",
            few, few == 1 ? "point" : "points", fewest_rounds, 100 * confidence));
    return remarks;
}

} // namespace bench
