// SPDX-License-Identifier: BSL-1.0
// The results as one self-contained page: charts, tables, and all figures as JSON within it.
//
// Invariant: the page needs no network, and each figure in it is the one of the JSON: cells carry
// the exact value (data-value) beside the rounded text.
#pragma once

#include "benchmarks/tool/results.hpp"

#include <string>

namespace bench {

std::string html_report(const results&);

} // namespace bench
