// SPDX-License-Identifier: BSL-1.0
// A run as an aligned table for a terminal.
//
// Invariant: 80 columns are enough; a wider terminal gets further figures beside the judged one.
// No line is longer than asked for, ASCII as far as the record is, colours only when asked for.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <string>

namespace bench {

std::string run_table(const run_record&, int columns, bool colour = false);

} // namespace bench
