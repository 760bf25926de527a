// SPDX-License-Identifier: BSL-1.0
// How the figures were made, as it stands in the report.
//
// Invariant: it says what this run did, with its own numbers; a change of the procedure changes it.
#pragma once

#include "benchmarks/scenarios/cores.hpp"

#include <nlohmann/json.hpp>

namespace bench {

struct procedure {
    int rounds = 0;
    double window_seconds = 0;
    double warm_up_seconds = 0;
    core_plan cores;
};

nlohmann::json describe_method(const procedure&);

} // namespace bench
