// SPDX-License-Identifier: BSL-1.0
// A load that is offered, and not negotiated: requests go out at planned instants, as independent
// clients would send them, whatever the answers do, and each answer's time counts from its planned
// instant. The plan is the same for every side.
//
// Invariant: a server that stops for a while is charged for every request that was planned
// meanwhile, also for those that could not even be sent. A loop that waits for its answers would
// ask nothing in that time and count the stop once ("coordinated omission").
#pragma once

#include "benchmarks/scenarios/latencies.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace bench {

class message_clients;

struct offered_result {
    std::int64_t planned = 0;
    std::int64_t answered = 0;
    std::map<int, latencies> answers; // by kind of exchange
    latencies lateness;               // of the generator itself: sent after the planned instant
    std::chrono::nanoseconds took{};  // from the first planned instant to the last answer

    // shortfall: in words, that the generator did not keep the rate, so that its latencies mean
    // nothing, or that answers are missing; else empty.
    std::string shortfall() const;
    bool kept_rate = false;
};

// offer sends on connected clients in turn, pipelining where a connection's answer is not there
// yet, for the window, and waits for the answers a while longer. It keeps its core busy all the
// time: a sleep would make it late. Throws as closed_loop::drive does.
offered_result offer(message_clients&, double per_second, std::chrono::duration<double> window);

} // namespace bench
