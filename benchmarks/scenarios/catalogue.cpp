// SPDX-License-Identifier: BSL-1.0
// The themes, joined.
#include "benchmarks/scenarios/catalogue.hpp"

#include <iterator>

namespace bench {

std::vector<scenario> all_scenarios() {
    using theme = std::vector<scenario> (*)();
    const std::vector<theme> themes{
        task_scenarios,     handover_scenarios, time_scenarios,      memory_scenarios,
        start_up_scenarios, server_scenarios,   crowd_scenarios,     mixed_scenarios,
        library_scenarios,  tls_scenarios,      computing_scenarios, self_check_scenarios,
    };
    std::vector<scenario> all;
    for (theme each : themes) {
        std::vector<scenario> of_it = each();
        std::move(of_it.begin(), of_it.end(), std::back_inserter(all));
    }
    return all;
}

} // namespace bench
