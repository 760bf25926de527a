// SPDX-License-Identifier: BSL-1.0
// The rounds of a run: every point once a pass, its sides next to each other in time and in
// shuffled order, pass after pass, until each point's intervals are narrow or the time is up.
//
// Invariant: the rule that ends a point looks at the width of its intervals and never at where they
// lie, so that a difference is not made significant by stopping when it happens to be. A side that
// fails is a result, and the run goes on.
#pragma once

#include "benchmarks/tool/run_plan.hpp"

namespace bench {

// measure_rounds fills plan.record. After Ctrl-C the record holds what was measured so far and says
// that it is not complete.
void measure_rounds(run_plan& plan);

} // namespace bench
