// SPDX-License-Identifier: BSL-1.0
// Every scenario that there is, a file for each theme.
//
// Invariant: names are unique, and weft is each scenario's first entrant.
#pragma once

#include "benchmarks/scenarios/scenario.hpp"

#include <vector>

namespace bench {

std::vector<scenario> all_scenarios(); // in the order of reports

} // namespace bench
