// SPDX-License-Identifier: BSL-1.0
// The offered load as part of a measurement: its figures, and how they are filled in.
#pragma once

#include "benchmarks/scenarios/message_clients.hpp"
#include "benchmarks/scenarios/offered_load.hpp"
#include "benchmarks/scenarios/offered_rate.hpp"
#include "benchmarks/scenarios/scenario.hpp"
#include "benchmarks/scenarios/serving_peer.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace bench {

// "offered_cpu_ns", "p50_us" ... "p999_us", "max_us", "offered_per_second", "generator_late_us".
std::vector<figure> offered_figures();

// latency_figures: "p50_us", "p90_us", "p99_us", "p999_us", "max_us", each with `prefix` in front.
std::vector<figure> latency_figures(const std::string& prefix, const std::string& of);
void tell_latencies(const std::string& prefix, latencies&, measurement&);

// offer_and_tell offers the load to a server and fills in the figures. Where the generator does not
// keep the rate, it is tried again, twice; then the latencies are left out and the shortfall says
// so.
offered_result offer_and_tell(const serving_peer&, message_clients&, double per_second,
                              std::chrono::duration<double> window, measurement&);

} // namespace bench
