// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber as a peer: its default scheduler (round_robin) and pooled stacks, its fastest pair.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <boost/fiber/operations.hpp>
#include <boost/version.hpp>

#include <string>

namespace {

peers::answer late_sleeps(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span,
                                [] { boost::this_fiber::sleep_for(peers::nap_span); });
}

} // namespace

int main() {
    std::string version =
        std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000);
    auto commands = peers::handover_commands();
    commands.merge(peers::task_commands());
    commands.emplace("sleep", late_sleeps);
    return peers::answer_commands("Boost.Fiber", version, commands);
}
