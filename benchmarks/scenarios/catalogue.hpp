// SPDX-License-Identifier: BSL-1.0
// Every scenario that there is, a file for each theme.
//
// Invariant: names are unique, and weft is each scenario's first entrant.
#pragma once

#include "benchmarks/scenarios/scenario.hpp"

#include <vector>

namespace bench {

std::vector<scenario> all_scenarios(); // in the order of reports

std::vector<scenario> task_scenarios();      // create_join, switch, skynet, gather, cancel
std::vector<scenario> handover_scenarios();  // ping_pong, ring, queue, mutex, semaphore, ...
std::vector<scenario> time_scenarios();      // timers, timeout, sleep
std::vector<scenario> memory_scenarios();    // memory
std::vector<scenario> server_scenarios();    // echo, http
std::vector<scenario> crowd_scenarios();     // waiting, connect
std::vector<scenario> library_scenarios();   // beast, ported, bulk
std::vector<scenario> tls_scenarios();       // tls
std::vector<scenario> mixed_scenarios();     // mixed
std::vector<scenario> computing_scenarios(); // computing, computing_apart
std::vector<scenario> start_up_scenarios();  // start_up
std::vector<scenario> self_check_scenarios();

} // namespace bench
