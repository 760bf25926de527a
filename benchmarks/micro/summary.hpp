// SPDX-License-Identifier: BSL-1.0
// The end of a program's output: a table of medians for each scenario, then every bar with what
// was measured, its spread over the rounds, and PASS or MISS.
#pragma once

#include "benchmarks/micro/plan.hpp"
#include "benchmarks/micro/results.hpp"

#include <string>

namespace micro {

// print_summary prints to stdout and says whether no bar was missed. A bar whose peer is not there
// is no miss; it is named as not judged. `bars_file`, when not empty, gets one line a bar with tabs
// between the fields, for the program that gathers all bars in one table.
bool print_summary(const plan& measured, const results& found, const std::string& bars_file);

} // namespace micro
