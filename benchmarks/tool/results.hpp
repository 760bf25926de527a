// SPDX-License-Identifier: BSL-1.0
// What was measured, and the few statistics made of it. Reports only read it.
//
// Invariant: every round's value is kept; medians, spreads and ratios are computed from them in one
// place, so that table, page and JSON cannot disagree. A ratio is always "how many times better the
// fibers are": above 1 fibers win, below 1 threads do, whatever the unit's good direction is.
#pragma once

#include "benchmarks/tool/side.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class better { higher, lower };

struct metric {
    std::string id;    // the key in the JSON
    std::string label; // "server CPU per request"
    std::string unit;  // "us"; empty for counts
    better direction = better::lower;
    bool shown = true;  // in the table; the others are in the JSON only
    bool total = false; // a sum over all requests: compared only where both sides reached all
};

using round_values = std::vector<std::optional<double>>; // one a round; empty: not measured

// One line of the comparison: the same conditions for both sides.
struct measured_case {
    std::string id;                                            // "connections-1000"
    std::string label;                                         // "1,000"
    double scale = 0;                                          // its place on a chart's axis
    std::map<std::string, std::array<round_values, 2>> values; // metric id -> side -> rounds
    std::array<std::vector<std::string>, 3> shortfalls;        // what a side did not reach, and why

    void record(side, const std::string& metric_id, std::optional<double> value);
    void record_shortfall(side, const std::string& text); // once for each reason
    bool reached(side which) const { return shortfalls[index_of(which)].empty(); }
};

struct block {
    std::string id;
    std::string title;
    std::string about;      // one or two sentences: what was done, what the figures mean
    std::string case_label; // what the cases count: "connections"
    std::vector<metric> metrics;
    std::vector<measured_case> cases;
    std::string verdict;

    const metric& metric_named(std::string_view metric_id) const;
    bool measured() const; // something was recorded, if only that it failed
};

struct results {
    nlohmann::json machine; // machine.hpp
    nlohmann::json method;
    std::vector<std::string>
        remarks; // what limits this run: one core, a descriptor limit, one round
    std::vector<block> blocks;
    int rounds = 0;
    bool complete = true; // false: ended early by a signal

    const block* block_named(std::string_view id) const;
};

struct spread {
    double median = 0;
    double low = 0;
    double high = 0;
};

enum class outcome { fibers_better, threads_better, no_difference };

std::optional<spread> spread_of(const round_values&);
std::optional<spread> value_of(const measured_case&, std::string_view metric_id, side);

// advantage_of compares round with round: neighbours in time.
std::optional<spread> advantage_of(const measured_case&, const metric&);

// judge calls a difference noise when it is below 3 % or when the rounds do not agree on its sign.
outcome judge(const spread& advantage);

nlohmann::json to_json(const results&);

} // namespace bench
