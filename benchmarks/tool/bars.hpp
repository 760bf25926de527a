// SPDX-License-Identifier: BSL-1.0
// `weft-bench bars`: every bar that weft is held to, measured on this machine, in one table.
//
// Invariant: a bar is judged by the median of the rounds; one that cannot be judged here (a peer is
// missing) is said not to be, and does not count as passed.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// Passed when the value is at most `limit`: the ratio of the scenario's first entrant to `against`,
// or to its own figure at another size, or, with neither, the figure itself.
struct bar {
    std::string scenario;
    std::int64_t size = 0;
    std::string figure;
    double limit = 0;
    std::string against = {};
    std::optional<std::int64_t> against_size = {};
};

std::vector<bar> all_bars();

struct bars_settings {
    std::vector<std::string> scenarios; // none: all that have bars
    std::string json;
    std::vector<std::string> command;
};

// bars_command returns 0 when every bar was judged and passed, 1 otherwise, 130 after Ctrl-C.
int bars_command(const bars_settings&);

// bars_table judges what a run has measured; `passed` is how many did.
struct judged_bars {
    std::string text;
    int passed = 0;
    int total = 0;
};
judged_bars judge_bars(const std::vector<bar>&, const run_record&);

} // namespace bench
