// SPDX-License-Identifier: BSL-1.0
// Which charts the page shows for a block: the ratios first, then what they are made of.
//
// Invariant: charts are made of the same medians and spreads as the tables beside them.
#pragma once

#include "benchmarks/tool/results.hpp"

#include <string>

namespace bench {

std::string charts_of(const block&); // HTML, empty for a block without charts

} // namespace bench
