// SPDX-License-Identifier: BSL-1.0
// The tables of a run's page.
//
// Invariant: see run_page.hpp: each number carries its exact value.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <string>

namespace bench {

std::string overview_table(const run_record&); // scenarios against peers
std::string ratio_table(const run_record&, const scenario_record&);
std::string value_table(const run_record&, const scenario_record&);

} // namespace bench
