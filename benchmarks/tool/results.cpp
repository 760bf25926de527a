// SPDX-License-Identifier: BSL-1.0
// results: see the header.
#include "benchmarks/tool/results.hpp"

#include <algorithm>
#include <stdexcept>

namespace bench {

namespace {

using nlohmann::json;

constexpr double noise = 0.03;

json to_json(const spread& value) {
    return {{"median", value.median}, {"low", value.low}, {"high", value.high}};
}

json rounds_to_json(const round_values& rounds) {
    json list = json::array();
    for (const std::optional<double>& value : rounds)
        list.push_back(value ? json(*value) : json(nullptr));
    return list;
}

json side_to_json(const measured_case& self, const metric& which, side on) {
    const std::optional<spread> value = value_of(self, which.id, on);
    if (!value)
        return nullptr;
    json object = to_json(*value);
    object["rounds"] = rounds_to_json(self.values.at(which.id)[index_of(on)]);
    return object;
}

json to_json(const measured_case& self, const std::vector<metric>& metrics) {
    json values = json::object();
    for (const metric& each : metrics) {
        json entry;
        for (const side on : compared_sides)
            entry[std::string(name_of(on))] = side_to_json(self, each, on);
        const std::optional<spread> advantage = advantage_of(self, each);
        entry["fibers_better_by"] = advantage ? to_json(*advantage) : json(nullptr);
        values[each.id] = std::move(entry);
    }
    json object{{"id", self.id}, {"label", self.label}, {"scale", self.scale}, {"values", values}};
    for (const side on : compared_sides)
        object["not_reached"][std::string(name_of(on))] = self.shortfalls[index_of(on)];
    return object;
}

json to_json(const metric& self) {
    return {{"id", self.id},
            {"label", self.label},
            {"unit", self.unit},
            {"better", self.direction == better::higher ? "higher" : "lower"}};
}

json to_json(const block& self) {
    json metrics = json::array();
    for (const metric& each : self.metrics)
        metrics.push_back(to_json(each));
    json cases = json::array();
    for (const measured_case& each : self.cases)
        cases.push_back(to_json(each, self.metrics));
    return {{"id", self.id},
            {"title", self.title},
            {"about", self.about},
            {"verdict", self.verdict},
            {"metrics", metrics},
            {"cases", cases},
            {"case_label", self.case_label}};
}

} // namespace

void measured_case::record(side which, const std::string& metric_id, std::optional<double> value) {
    values[metric_id][index_of(which)].push_back(value);
}

void measured_case::record_shortfall(side which, const std::string& text) {
    const auto reason = [](std::string_view whole) {
        return whole.substr(std::min(whole.find(": "), whole.size()));
    };
    auto& all = shortfalls[index_of(which)];
    if (std::none_of(all.begin(), all.end(),
                     [&](const std::string& each) { return reason(each) == reason(text); }))
        all.push_back(text);
}

const metric& block::metric_named(std::string_view metric_id) const {
    const auto found = std::find_if(metrics.begin(), metrics.end(),
                                    [&](const metric& each) { return each.id == metric_id; });
    if (found == metrics.end())
        throw std::out_of_range("no metric " + std::string(metric_id) + " in block " + id);
    return *found;
}

bool block::measured() const {
    return std::any_of(cases.begin(), cases.end(),
                       [](const measured_case& each) { return !each.values.empty(); });
}

const block* results::block_named(std::string_view id) const {
    const auto found = std::find_if(blocks.begin(), blocks.end(),
                                    [&](const block& each) { return each.id == id; });
    return found == blocks.end() ? nullptr : &*found;
}

std::optional<spread> spread_of(const round_values& rounds) {
    std::vector<double> sorted;
    for (const std::optional<double>& value : rounds)
        if (value)
            sorted.push_back(*value);
    if (sorted.empty())
        return std::nullopt;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    const double median =
        sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return spread{median, sorted.front(), sorted.back()};
}

std::optional<spread> value_of(const measured_case& self, std::string_view metric_id, side which) {
    const auto found = self.values.find(std::string(metric_id));
    return found == self.values.end() ? std::nullopt : spread_of(found->second[index_of(which)]);
}

std::optional<spread> advantage_of(const measured_case& self, const metric& which) {
    const auto found = self.values.find(which.id);
    if (found == self.values.end())
        return std::nullopt;
    if (which.total && !(self.reached(side::fibers) && self.reached(side::threads)))
        return std::nullopt;
    const round_values& fibers = found->second[index_of(side::fibers)];
    const round_values& threads = found->second[index_of(side::threads)];
    round_values ratios;
    for (std::size_t i = 0; i < std::min(fibers.size(), threads.size()); ++i)
        if (fibers[i] && threads[i] && *fibers[i] > 0 && *threads[i] > 0)
            ratios.push_back(which.direction == better::higher ? *fibers[i] / *threads[i]
                                                               : *threads[i] / *fibers[i]);
    return spread_of(ratios);
}

outcome judge(const spread& advantage) {
    if (advantage.low > 1 && advantage.median > 1 + noise)
        return outcome::fibers_better;
    if (advantage.high < 1 && advantage.median < 1 - noise)
        return outcome::threads_better;
    return outcome::no_difference;
}

json to_json(const results& self) {
    json blocks = json::array();
    for (const block& each : self.blocks)
        blocks.push_back(to_json(each));
    return {{"tool", "weft-bench"},      {"format", 1},
            {"machine", self.machine},   {"method", self.method},
            {"remarks", self.remarks},   {"rounds", self.rounds},
            {"complete", self.complete}, {"blocks", blocks}};
}

} // namespace bench
