// SPDX-License-Identifier: BSL-1.0
// weft as a peer: the scenarios in its own natural words, all in one run() of one loop.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/scopes.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <weft/weft.hpp>

#include <cstdint>

namespace {

using peers::answer;

answer late_sleeps(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span, [] { weft::sleep_for(peers::nap_span); });
}

} // namespace

int main() {
    return weft::run([] {
        auto commands = peers::handover_commands();
        commands.merge(peers::scope_commands());
        commands.merge(peers::task_commands());
        commands.emplace("sleep", late_sleeps);
        return peers::answer_commands("weft", WEFT_VERSION, commands);
    });
}
