// SPDX-License-Identifier: BSL-1.0
// What a run says, in words: names, ratios with their intervals, verdicts, what is missing and why.
// The table, the page, the document and the comparison all speak through this.
//
// Invariant: every word follows from the record. What is not shown is never called a winner.
#pragma once

#include "benchmarks/tool/run_record.hpp"
#include "benchmarks/tool/statistics.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr std::string_view ours = "weft";

// The judged side of a scenario is its first: weft, wherever it takes part.
std::string judged_in(const scenario_record&);                        // its id
std::string ratio_heading(const run_record&, const scenario_record&); // "weft / peer"

std::string peer_name(const run_record&, std::string_view id);

std::string ratio_number(double);        // 12  1.31  0.20  0.021  0.0021
std::string ratio_text(const estimate&); // "0.20 (0.19..0.21)", "0.20 (3 rounds)"

// How weft stands to a peer, given the ratio of the figure.
enum class standing { better, worse, level };
standing standing_of(const figure&, const estimate& ratio);
// "weft needs less", "first gives more" (of a judged side that is not weft), "no difference shown".
std::string verdict_text(const figure&, const estimate& ratio, std::string_view judged);

std::string short_label(const figure&); // "cpu_ns" -> "cpu"; for narrow columns
std::string size_text(const scenario_record&, std::int64_t size); // "1,000 tasks"; empty: one size

// What did not take part or fell short, a line each: "Go at 10,000 connections: ...".
std::vector<std::string> notes_of(const run_record&, const scenario_record&);
std::vector<std::string> missing_of(const run_record&); // "gevent: install python3-gevent"

bool was_measured(const scenario_record&); // somebody told a figure
bool has_value(const side_record&);

// One ratio of the judged figure, for whoever counts or lists them all.
struct judged_ratio {
    const point_record* point;
    std::string peer;
    estimate ratio;
};
std::vector<judged_ratio> judged_ratios(const scenario_record&);

// overview_ratio: the one that stands for a peer where there is room for one: at the largest size
// where an interval is known, or where none is, at the largest. Null where there is no ratio.
const judged_ratio* overview_ratio(const std::vector<judged_ratio>&, std::string_view peer);

// tally: "214 comparisons: weft is ahead in 190, behind in 4, no difference is shown in 20 ...".
std::string tally(const run_record&);

std::string machine_fact(const run_record&, const char* key); // empty where the record has none
std::string weft_version(const run_record&);
std::string machine_text(const run_record&); // processor, cores, memory, system, kernel, versions
std::string capitalized(std::string text);
std::string length_text(double seconds); // "24 s", "2 min 29 s"

// remarks_of: the record's, and what only its figures tell (ended early, too few rounds).
std::vector<std::string> remarks_of(const run_record&);

} // namespace bench
