// SPDX-License-Identifier: BSL-1.0
// Sentences about what limits a run of scenarios, for its record.
//
// Invariant: whatever makes a figure less than it seems has a remark; none is written otherwise.
#pragma once

#include "benchmarks/scenarios/limits.hpp"

#include <string>
#include <vector>

namespace bench {

// remarks_before: what is known before anything is measured: too few descriptors or cores, a debug
// build, other programs at work, a governor that changes the clock.
std::vector<std::string> remarks_before(const descriptor_limit&);

} // namespace bench
