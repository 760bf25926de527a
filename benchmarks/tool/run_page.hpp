// SPDX-License-Identifier: BSL-1.0
// A run as one page of HTML: ratios first, then how the cost grows, latencies, and every figure.
//
// Invariant: nothing is fetched, the record lies in it as JSON, and each number in a table carries
// its exact value (data-value, data-low, data-high beside data-scenario, data-size, data-peer and
// data-figure), so that a test can hold the page to the record.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <string>

namespace bench {

std::string run_page(const run_record&);

} // namespace bench
