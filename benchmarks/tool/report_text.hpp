// SPDX-License-Identifier: BSL-1.0
// The results as an aligned table on stdout.
//
// Invariant: 80 columns are enough; a wider terminal gets the spread of the ratios too. ASCII only,
// colours only on a terminal that wants them.
#pragma once

#include "benchmarks/tool/results.hpp"

#include <string>

namespace bench {

std::string text_report(const results&, int width, bool colour);

void print_report(const results&);
void print_files(const std::string& html, const std::string& json);

} // namespace bench
