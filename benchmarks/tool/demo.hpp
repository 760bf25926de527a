// SPDX-License-Identifier: BSL-1.0
// `weft-bench demo`: one fiber for each connection on one thread against one OS thread for each
// connection, in under two minutes.
//
// Invariant: both sides run in every round, next to each other in time and with the first turn
// alternating, on the same core. What a side cannot reach or a failing process is a result and the
// run goes on.
#pragma once

#include <string>
#include <vector>

namespace bench {

struct demo_settings {
    bool quick = false;
    int rounds = 0;     // 0: as many as the mode has
    double seconds = 0; // of each measured window; 0: as the mode has
    std::string html = "report.html";
    std::string json; // empty: none
    std::vector<std::string> command;
};

// run_demo returns the exit status: 0, or 130 after Ctrl-C, 1 when no comparison came about.
int run_demo(const demo_settings&);

} // namespace bench
