// SPDX-License-Identifier: BSL-1.0
// bars: see the header. Here: the list, and how one is judged.
#include "benchmarks/tool/bars.hpp"

#include "benchmarks/scenarios/peers.hpp"
#include "benchmarks/tool/statistics.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bench {

namespace {

template <class List, class Matches>
auto* find_in(List& list, Matches matches) {
    const auto found = std::find_if(list.begin(), list.end(), matches);
    return found == list.end() ? nullptr : &*found;
}

struct judgement {
    std::optional<estimate> value;
    std::string why_not; // judged
};

const point_record* point_at(const scenario_record& from, std::int64_t size) {
    return find_in(from.points, [&](const point_record& each) { return each.size == size; });
}

std::string why_unmeasured(const scenario_record& scenario, const point_record& point,
                           const std::string& peer) {
    const std::string name = peer_named(peer).name;
    for (const side_record& side : point.sides)
        if (side.peer == peer)
            return side.shortfall.empty() ? "not measured" : side.shortfall;
    for (const std::string& absent : scenario.absent)
        if (absent.starts_with(name + ": "))
            return absent;
    return name + " did not take part";
}

judgement measure_of(const bar& self, const scenario_record& scenario) {
    const point_record* point = point_at(scenario, self.size);
    if (point == nullptr || point->sides.empty())
        return {std::nullopt, "not measured"};
    const std::string& judged = point->sides.front().peer;
    if (!self.against.empty()) {
        const auto ratio = ratio_of(*point, judged, self.against, self.figure);
        return {ratio, ratio ? "" : why_unmeasured(scenario, *point, self.against)};
    }
    if (self.against_size) {
        const point_record* other = point_at(scenario, *self.against_size);
        const auto ratio =
            other == nullptr ? std::nullopt : change_of(*point, *other, judged, self.figure);
        return {ratio, ratio ? "" : "not measured"};
    }
    const auto value = value_of(*point, judged, self.figure);
    return {value, value ? "" : "this machine does not tell"};
}

std::string what_of(const bar& self, const scenario_record& scenario) {
    const figure* judged =
        find_in(scenario.figures, [&](const figure& each) { return each.id == self.figure; });
    std::string text = self.scenario;
    if (!scenario.size_label.empty())
        text += " " + grouped(self.size);
    text += ", " + (judged == nullptr ? self.figure : judged->label);
    if (!self.against.empty())
        text += " / " + peer_named(self.against).name;
    else if (self.against_size)
        text += " / at " + grouped(*self.against_size);
    else if (judged != nullptr && !judged->unit.empty())
        text += ", " + judged->unit;
    return text;
}

} // namespace

judged_bars judge_bars(const std::vector<bar>& bars, const run_record& measured) {
    judged_bars result;
    result.text =
        fmt::format("{:<64}{:>9}{:>19}{:>9}\n", "bar", "measured", "95 % interval", "at most");
    for (const bar& each : bars) {
        const scenario_record* scenario =
            find_in(measured.scenarios, [&](const auto& one) { return one.name == each.scenario; });
        if (scenario == nullptr)
            continue; // not asked for
        ++result.total;
        const judgement judged = measure_of(each, *scenario);
        if (!judged.value) {
            result.text += fmt::format("{:<64}{:>37}  NOT JUDGED: {}\n", what_of(each, *scenario),
                                       number(each.limit), judged.why_not);
            continue;
        }
        const bool passed = judged.value->median <= each.limit;
        result.passed += passed ? 1 : 0;
        result.text += fmt::format("{:<64}{:>9}{:>19}{:>9}  {}\n", what_of(each, *scenario),
                                   number(judged.value->median),
                                   number(judged.value->low) + ".." + number(judged.value->high),
                                   number(each.limit), passed ? "PASS" : "MISS");
    }
    result.text += fmt::format("{} of {} passed\n", result.passed, result.total);
    return result;
}

std::vector<bar> all_bars() {
    const std::string cpu = "cpu_ns";
    std::vector<bar> bars{
        {"switch", 2, cpu, 0.20, "boost.fiber"},
        {"switch", 2, cpu, 0.20, "go"},
        {"create_join", 1, cpu, 0.20, "boost.fiber"},
        {"create_join", 1, cpu, 0.25, "go"},
        {"create_join", 1, cpu, 0.60, "state-threads"},
        {"queue", 128, cpu, 1.00, "boost.fiber"},
        {"queue", 128, cpu, 0.50, "go"},
        {"mutex", 2, cpu, 0.333, "boost.fiber"},
        {"semaphore", 1, cpu, 0.333, "boost.fiber"},
        {"ping_pong", 1, cpu, 0.333, "boost.fiber"},
        {"future", 1, cpu, 0.333, "boost.fiber"},
        {"gather", 100, cpu, 0.25, "boost.fiber"},
        {"timeout", 1'000'000, cpu, 60},
        {"timeout", 1'000, cpu, 60},
        {"timeout", 0, cpu, 60},
        {"timeout", 1'000'000, cpu, 2, "", 0},
        {"cancel", 100'000, cpu, 0.20, "go"},
        {"cancel", 100'000, cpu, 0.05, "asyncio"},
        {"cancel", 100'000, cpu, 0.05, "uvloop"},
        {"skynet", 1'111'111, cpu, 0.333, "go"},
        {"skynet", 1'111'111, cpu, 0.05, "boost.fiber"},
        {"sleep", 1, "late_median_us", 100},
        {"memory", 1'000'000, "resident", 4.7 * 1024},
        {"memory", 1'000'000, "unstarted", 320},
        {"memory", 1'000'000, "unguarded", 0},
        {"beast", 64, cpu, 1.00, "asio"},
        {"connect", 64, cpu, 1.10, "epoll"},
        {"tls", 64, cpu, 1.10, "threads"},
        {"tls", 16'384, cpu, 1.10, "threads"},
        {"bulk", 1'024, "wall_ns", 1 / 0.95, "threads"},
        {"ported", 64, "over_streams", 1.15},
        {"ported", 1'000, "over_streams", 1.15},
        {"ported", 1'000, cpu, 0.80, "threads"},
    };
    for (const std::int64_t connections : {1, 64, 1'000}) {
        bars.push_back({"http", connections, cpu, connections == 1'000 ? 1.10 : 1.08, "epoll"});
        bars.push_back({"http", connections, cpu, 0.90, "go"});
        bars.push_back({"http", connections, cpu, 0.80, "uvloop"});
        bars.push_back({"http", connections, cpu, 1.00, "asio"});
    }
    return bars;
}

} // namespace bench
