// SPDX-License-Identifier: BSL-1.0
// What became of weft between two runs: a saved base, and now.
//
// Invariant: a change is claimed only where its interval leaves out 1, and whatever cannot be
// compared is named: sizes that the base lacks, another machine, another kernel, another mode.
#pragma once

#include "benchmarks/tool/run_record.hpp"
#include "benchmarks/tool/statistics.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// The judged figure of a scenario at one size.
struct change {
    std::string scenario;
    std::int64_t size = 0;
    std::string label;  // "http 1,000"
    std::string judged; // the peer: weft
    figure what;
    double base = 0; // medians
    double now = 0;
    estimate ratio; // now / base

    // How the peers changed meanwhile, at the same point (the median of them): where they changed
    // alike, it was the machine.
    std::optional<double> peers;

    estimate worsening() const; // above 1: worse than the base, whichever direction is better
};

struct comparison {
    std::vector<change> changes;
    std::vector<std::string> not_in_base; // measured now only
    std::vector<std::string> not_now;     // measured in the base only
    std::vector<std::string> warnings;    // what makes the two runs differ besides weft
    std::string base_words;               // which run the base is

    // The change that got worst of those that are shown; nothing when none got worse.
    const change* worst() const;
    // Those above a limit such as 1.10: the median is, and the interval lies wholly above 1.
    std::vector<const change*> above(double limit) const;
};

comparison compare_runs(const run_record& now, const run_record& base);

// compare_text is a table, its warnings first; above_text says what is above the limit, a line
// each, and nothing when nothing is.
std::string compare_text(const comparison&, int columns, bool colour = false);
std::string above_text(const comparison&, double limit);

} // namespace bench
