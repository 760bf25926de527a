// SPDX-License-Identifier: BSL-1.0
// A run as a document: docs/benchmarks.md is one.
//
// Invariant: every figure and every verdict in it comes from the record, so that writing it anew
// from another run leaves nothing behind of the last one.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <string>

namespace bench {

std::string run_markdown(const run_record&);

} // namespace bench
