// SPDX-License-Identifier: BSL-1.0
// What is said of asyncio, tried on the machine of a run.
//
// Invariant: each verdict is worked out from the record. What the record does not hold is "not
// measured"; an interval on both sides of what was claimed decides nothing.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <string>
#include <vector>

namespace bench {

struct tried_claim {
    std::string claim;    // "A switch takes about 100 ns"
    std::string tried_by; // "switch, 2 tasks: CPU time of an operation"
    std::string measured; // "2.93 us (2.90..2.97)"; empty where it was not
    std::string weft;     // the same of weft
    std::string verdict;  // "holds", "does not hold: 29 times as much" ...
};

std::vector<tried_claim> asyncio_claims(const run_record&);

} // namespace bench
