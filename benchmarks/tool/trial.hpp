// SPDX-License-Identifier: BSL-1.0
// One trial: one server process, one generator process, one number of connections, one load.
//
// Invariant: both processes are new and are gone afterwards, so no trial inherits anything from
// another but the state of the machine.
#pragma once

#include "benchmarks/tool/generator.hpp"
#include "benchmarks/tool/process_usage.hpp"
#include "benchmarks/tool/side.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

struct trial_settings {
    side which = side::fibers;
    int connections = 1;
    load_kind kind = load_kind::closed_loop;
    int in_flight = 64;
    std::chrono::duration<double> warm_up{0.2};
    std::chrono::duration<double> seconds{1.0};
    std::vector<int> server_cores;
    std::vector<int> generator_cores;
};

struct trial_outcome {
    std::map<std::string, double> values; // by the generator's names
    memory_sample memory;                 // what holding the connections took
    int held = 0;
    std::string shortfall; // why connections or answers are missing; empty when none are
};

// run_trial throws child_error when a process fails, `interrupted` after a signal. With
// side::sockets it ends once the memory is sampled.
trial_outcome run_trial(const trial_settings&, const std::function<void()>& while_waiting);

// run_unit_costs measures creating, joining and switching for one side, in a process of its own.
std::map<std::string, double> run_unit_costs(side, std::chrono::duration<double> seconds,
                                             const std::vector<int>& cores,
                                             const std::function<void()>& while_waiting);

} // namespace bench
