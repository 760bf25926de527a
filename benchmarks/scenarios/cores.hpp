// SPDX-License-Identifier: BSL-1.0
// Which processor core works for whom.
//
// Invariant: the server and the load generator never share a core when there are two to be had, nor
// the two hardware threads of one core when there are two cores. Both sides get the same cores.
#pragma once

#include <vector>

namespace bench {

struct core_plan {
    std::vector<int> allowed; // what this process may use
    int server = 0;
    int generator = 0;
    bool shared = false; // a single core for both: stated in the report
};

core_plan plan_cores();

// pin_to binds the calling thread, and the processes it starts, to these cores.
void pin_to(const std::vector<int>& cores);

} // namespace bench
