// SPDX-License-Identifier: BSL-1.0
// Which scenarios, sizes and peers a run measures, and how much time it may take.
//
// Invariant: weft takes part in every scenario, and whoever was asked for and cannot take part is
// in the record with the reason.
#pragma once

#include "benchmarks/scenarios/scenario.hpp"
#include "benchmarks/tool/run_record.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// How thoroughly: the time for everything, the width of an interval that is narrow enough, and
// which of a scenario's sizes and windows are taken.
struct effort {
    std::string name;
    std::chrono::duration<double> budget;
    std::chrono::duration<double> budget_each; // for one scenario; it ends the run earlier
    double narrow;                             // the interval's width, relative to its median
    bool all_sizes;
    bool long_windows;
};

effort quick_effort(); // under three minutes for all scenarios and peers
effort usual_effort(); // what a few scenarios deserve
effort full_effort();  // under thirty minutes for all

struct planned_scenario {
    scenario what; // with only those entrants that can take part
    std::chrono::duration<double> window;
};

struct run_plan {
    std::vector<planned_scenario> scenarios;
    effort how;
    run_record record; // the scenarios' words, who is absent, the peers; no figures yet
};

// plan_run picks scenarios by name (all when there are none) and peers by id (likewise). Throws
// std::invalid_argument with the names there are.
run_plan plan_run(std::vector<scenario> catalogue, const std::vector<std::string>& names,
                  const std::vector<std::string>& against, const effort&);

} // namespace bench
