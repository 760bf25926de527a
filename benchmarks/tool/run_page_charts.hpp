// SPDX-License-Identifier: BSL-1.0
// The charts of a run's page.
//
// Invariant: a peer has the same colour, dashes and shape in every chart.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <string>

namespace bench {

// charts_of: ratios with their intervals; cost against size; latency percentiles where they are
// told. "" when nothing can be drawn.
std::string charts_of(const run_record&, const scenario_record&);

} // namespace bench
