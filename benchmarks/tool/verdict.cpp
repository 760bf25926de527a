// SPDX-License-Identifier: BSL-1.0
// verdict: see the header.
#include "benchmarks/tool/verdict.hpp"

#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

struct judged_case {
    const measured_case* self;
    spread advantage;
    outcome verdict;
};

std::vector<judged_case> judged_cases(const block& all, const metric& which) {
    std::vector<judged_case> list;
    for (const measured_case& each : all.cases)
        if (const std::optional<spread> advantage = advantage_of(each, which))
            list.push_back({&each, *advantage, judge(*advantage)});
    return list;
}

// range_of says "1.5x" or "1.5x to 2.2x" of those cases that ended with `verdict`.
std::string range_of(const std::vector<judged_case>& cases, outcome verdict) {
    std::vector<double> factors;
    for (const judged_case& each : cases)
        if (each.verdict == verdict)
            factors.push_back(verdict == outcome::threads_better ? 1 / each.advantage.median
                                                                 : each.advantage.median);
    const auto [low, high] = std::minmax_element(factors.begin(), factors.end());
    return factor(*low) == factor(*high) ? factor(*low)
                                         : fmt::format("{} to {}", factor(*low), factor(*high));
}

std::string places_of(const block& all, const std::vector<judged_case>& cases, outcome verdict) {
    std::vector<std::string> labels;
    for (const judged_case& each : cases)
        if (each.verdict == verdict)
            labels.push_back(each.self->label);
    if (labels.size() == all.cases.size())
        return "at every count";
    return "at " + joined(labels) + " connections";
}

struct wording {
    std::string_view opening, winning, losing, equal;
};

// sentence_about joins what holds at which counts.
std::string sentence_about(const block& all, std::string_view metric_id, const wording& words) {
    const std::vector<judged_case> cases = judged_cases(all, all.metric_named(metric_id));
    const auto any = [&](outcome verdict) {
        return std::any_of(cases.begin(), cases.end(),
                           [&](const judged_case& each) { return each.verdict == verdict; });
    };
    std::vector<std::string> parts;
    const auto add = [&](outcome verdict, std::string_view what) {
        if (any(verdict))
            parts.push_back(fmt::format("{} {} {}", range_of(cases, verdict), what,
                                        places_of(all, cases, verdict)));
    };
    add(outcome::fibers_better, words.winning);
    add(outcome::threads_better, words.losing);
    if (any(outcome::no_difference))
        parts.push_back(
            fmt::format("{} {}", words.equal, places_of(all, cases, outcome::no_difference)));
    return parts.empty() ? "" : fmt::format("{} {}. ", words.opening, joined(parts));
}

std::string plain_comparison(const measured_case& self, const metric& which) {
    const auto fibers = value_of(self, which.id, side::fibers);
    const auto threads = value_of(self, which.id, side::threads);
    if (!fibers || !threads || comparison_of(self, which) == "-")
        return "";
    return fmt::format("{} {} against {} ({})", number(fibers->median), which.unit,
                       number(threads->median), comparison_of(self, which));
}

std::string connections_verdict(const block& all) {
    std::string text = sentence_about(
        all, "requests_per_second",
        {"Fibers served", "more requests", "fewer requests", "as many, within noise,"});
    text +=
        sentence_about(all, "server_cpu_us",
                       {"Each request cost", "less CPU", "more CPU", "the same, within noise,"});
    const measured_case& largest = all.cases.back();
    const std::string memory = plain_comparison(largest, all.metric_named("memory_kib"));
    if (!memory.empty())
        text += fmt::format("A fiber's connection takes {} of memory at {} connections. ", memory,
                            largest.label);
    return text;
}

std::string waiting_verdict(const block& all) {
    const measured_case& only = all.cases.front();
    std::string text;
    const auto wall = plain_comparison(only, all.metric_named("wall_ms"));
    const auto cpu = plain_comparison(only, all.metric_named("server_cpu_ms"));
    if (!wall.empty() && !cpu.empty())
        return fmt::format(
            "With fibers the last answer came after {}, and the server's CPU time was "
            "{}.",
            wall, cpu);
    // One side failed some: the sums do not compare.
    for (const side which : compared_sides) {
        const auto answered = value_of(only, "answered", which);
        const auto time = value_of(only, "wall_ms", which);
        if (answered && time)
            text += fmt::format("{} {} answered {} of {} requests within {} ms.",
                                text.empty() ? "A server with" : " One with", name_of(which),
                                number(answered->median), only.label, number(time->median));
    }
    return text;
}

std::string unit_costs_verdict(const block& all) {
    const measured_case& only = all.cases.front();
    const auto create = plain_comparison(only, all.metric_named("create_join_ns"));
    const auto change = plain_comparison(only, all.metric_named("switch_ns"));
    std::vector<std::string> parts;
    if (!create.empty())
        parts.push_back("to create and join a fiber takes " + create);
    if (!change.empty())
        parts.push_back("a switch takes " + change);
    if (parts.empty())
        return "";
    std::string text = joined(parts) + ".";
    text.front() = text.front() == 't' ? 'T' : 'A'; // the two openings above
    return text;
}

std::string all_cores_verdict(const block& all) {
    const measured_case& only = all.cases.front();
    const metric& served = all.metric_named("requests_per_second");
    const auto advantage = advantage_of(only, served);
    if (!advantage)
        return "";
    switch (judge(*advantage)) {
    case outcome::fibers_better:
        return fmt::format("Fibers on one core served {} the requests of threads on all of them.",
                           factor(advantage->median));
    case outcome::threads_better:
        return fmt::format("Threads on all cores served {} the requests of fibers on one. Fibers "
                           "use more cores by one loop on each.",
                           factor(1 / advantage->median));
    case outcome::no_difference:
        break;
    }
    return "Threads on all cores and fibers on one served the same within noise.";
}

} // namespace

std::string factor(double ratio) {
    if (ratio >= 9.95)
        return grouped(std::llround(ratio)) + "x";
    return ratio >= 1.995 ? fmt::format("{:.1f}x", ratio) : fmt::format("{:.2f}x", ratio);
}

std::string comparison_of(const measured_case& self, const metric& which) {
    const auto fibers = value_of(self, which.id, side::fibers);
    const auto threads = value_of(self, which.id, side::threads);
    if (fibers && threads && fibers->median == threads->median)
        return "equal";
    if (fibers && threads && fibers->median == 0)
        return "none";
    const std::optional<spread> advantage = advantage_of(self, which);
    if (!advantage)
        return "-";
    const bool higher = which.direction == better::higher;
    switch (judge(*advantage)) {
    case outcome::fibers_better:
        return fmt::format("{} {}", factor(advantage->median), higher ? "more" : "less");
    case outcome::threads_better:
        return fmt::format("{} {}", factor(1 / advantage->median), higher ? "less" : "more");
    case outcome::no_difference:
        break;
    }
    return "about equal";
}

std::pair<double, double> advantage_in_words(const spread& advantage) {
    if (judge(advantage) == outcome::threads_better)
        return {1 / advantage.high, 1 / advantage.low};
    return {advantage.low, advantage.high};
}

std::string verdict_of(const block& self) {
    std::string text;
    if (self.id == "connections")
        text = connections_verdict(self);
    else if (self.id == "waiting")
        text = waiting_verdict(self);
    else if (self.id == "unit_costs")
        text = unit_costs_verdict(self);
    else if (self.id == "all_cores")
        text = all_cores_verdict(self);
    if (text.empty())
        return "Not measured.";
    while (text.back() == ' ')
        text.pop_back();
    return text;
}

} // namespace bench
