// SPDX-License-Identifier: BSL-1.0
// Sentences about what limits a run: they stand in the report beside the figures.
//
// Invariant: whatever makes a figure less than it seems has a remark; none is written otherwise.
#pragma once

#include "benchmarks/scenarios/limits.hpp"
#include "benchmarks/tool/results.hpp"

#include <string>

namespace bench {

std::string descriptor_remark(const descriptor_limit&);
std::string shared_core_remark();
std::string time_remark(int rounds, int planned);
std::string interrupted_remark(int rounds, int planned);

// add_final_remarks adds what only the figures tell: a single round, a debug build, a load
// generator that was the bottleneck.
void add_final_remarks(results&);

bool nothing_compared(const results&);

} // namespace bench
