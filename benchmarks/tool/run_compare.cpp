// SPDX-License-Identifier: BSL-1.0
// run_compare: see the header. What is said of it is run_compare_text.cpp's.
#include "benchmarks/tool/run_compare.hpp"

#include "benchmarks/tool/run_words.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bench {

namespace {

std::string label_of(const scenario_record& scenario, std::int64_t size) {
    if (size_text(scenario, size).empty())
        return scenario.name;
    return fmt::format("{} {}", scenario.name, grouped(size));
}

std::string known_or_not(const std::string& word) {
    return word.empty() ? "unknown" : word;
}

std::vector<std::string> warnings_of(const run_record& now, const run_record& base) {
    std::vector<std::string> warnings;
    const auto compare = [&](std::string_view what, const std::string& before,
                             const std::string& after) {
        if (before != after)
            warnings.push_back(fmt::format("another {}: {} then, {} now", what, before, after));
    };
    for (const char* key : {"processor", "cores", "memory", "frequency governor", "system",
                            "kernel", "compiler", "build"})
        compare(key, known_or_not(machine_fact(base, key)), known_or_not(machine_fact(now, key)));
    compare("mode", base.mode, now.mode);
    if (!base.complete)
        warnings.push_back("the base was ended early");
    return warnings;
}

std::optional<double> change_of_peers(const point_record& now, const point_record& base,
                                      const std::string& judged, const std::string& figure) {
    std::vector<double> changes;
    for (const side_record& side : now.sides)
        if (side.peer != judged)
            if (const auto each = change_of(now, base, side.peer, figure))
                changes.push_back(each->median);
    const auto middle = median_of(std::move(changes));
    return middle ? std::optional(middle->median) : std::nullopt;
}

std::optional<change> change_at(const scenario_record& scenario, const point_record& now,
                                const point_record& base) {
    const figure& what = scenario.figures.front();
    const std::string judged = judged_in(scenario);
    const auto ratio = change_of(now, base, judged, what.id);
    if (!ratio)
        return std::nullopt;
    return change{scenario.name,
                  now.size,
                  label_of(scenario, now.size),
                  judged,
                  what,
                  value_of(base, judged, what.id)->median,
                  value_of(now, judged, what.id)->median,
                  *ratio,
                  change_of_peers(now, base, judged, what.id)};
}

bool told(const scenario_record& scenario, const point_record& point) { // by its judged side
    return value_of(point, judged_in(scenario), scenario.figures.front().id).has_value();
}

// The same figure, in the same unit, of the same scenario and size.
const point_record* same_point(const run_record& in, const scenario_record& scenario,
                               std::int64_t size) {
    const scenario_record* other = scenario_named(in, scenario.name);
    if (other == nullptr || other->figures.front().id != scenario.figures.front().id ||
        other->figures.front().unit != scenario.figures.front().unit)
        return nullptr;
    const point_record* point = point_of(*other, size);
    return point != nullptr && told(scenario, *point) ? point : nullptr;
}

std::vector<std::string> only_in(const run_record& one, const run_record& other) {
    std::vector<std::string> labels;
    for (const scenario_record& scenario : one.scenarios)
        for (const point_record& point : scenario.points)
            if (told(scenario, point) && same_point(other, scenario, point.size) == nullptr)
                labels.push_back(label_of(scenario, point.size));
    return labels;
}

} // namespace

estimate change::worsening() const {
    if (what.less_is_better)
        return ratio;
    return {1 / ratio.median, 1 / ratio.high, 1 / ratio.low, ratio.rounds, ratio.known};
}

std::vector<const change*> comparison::above(double limit) const {
    std::vector<const change*> found;
    for (const change& each : changes) {
        const estimate worse = each.worsening();
        if (worse.known && worse.median > limit && worse.low > 1)
            found.push_back(&each);
    }
    return found;
}

const change* comparison::worst() const {
    const change* found = nullptr;
    for (const change& each : changes)
        if (standing_of(each.what, each.ratio) == standing::worse &&
            (found == nullptr || each.worsening().median > found->worsening().median))
            found = &each;
    return found;
}

comparison compare_runs(const run_record& now, const run_record& base) {
    comparison self;
    self.warnings = warnings_of(now, base);
    self.base_words =
        fmt::format("the {} run of {} (weft {})", base.mode,
                    known_or_not(machine_fact(base, "date")), known_or_not(weft_version(base)));
    for (const scenario_record& scenario : now.scenarios)
        for (const point_record& point : scenario.points)
            if (const point_record* before = same_point(base, scenario, point.size))
                if (auto each = change_at(scenario, point, *before))
                    self.changes.push_back(std::move(*each));
    self.not_in_base = only_in(now, base);
    self.not_now = only_in(base, now);
    return self;
}

} // namespace bench
