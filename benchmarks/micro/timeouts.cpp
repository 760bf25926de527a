// SPDX-License-Identifier: BSL-1.0
// What a time limit costs around a body that does not block, with no timer armed beside it and with
// up to a million. Only the limits are counted, not the arming. The limits fall before, among and
// behind the armed timers in turns.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

// Each body returns how many have run.
bool every_body_ran(const answer& got, std::int64_t operations) {
    return got.check == operations * (operations + 1) / 2;
}

// The runtimes with that many timers armed, under names that say so; weft's largest is plain
// "weft".
void add(std::vector<entrant>& to, const std::string& command, const std::string& armed,
         const std::vector<std::string>& names) {
    for (entrant one : runtimes(names, command, process::kept, 0, every_body_ran)) {
        one.operations = one.name == "weft" ? 2'000'000 : one.name == "Go" ? 500'000 : 20'000;
        one.name += armed;
        to.push_back(one);
    }
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "timeouts", .rounds = 9};
    std::vector<entrant> entrants;
    add(entrants, "with_timeout_1000000", "", {"weft"});
    add(entrants, "with_timeout_1000", ", 1,000 armed", {"weft"});
    add(entrants, "with_timeout_0", ", none armed", {"weft"});
    add(entrants, "with_timeout_1000000", ", 1,000,000 armed", {"Go"});
    add(entrants, "with_timeout_0", ", none armed", {"Go", "asyncio", "uvloop"});
    what.scenarios = {{.name = "with_timeout",
                       .title = "with_timeout around an empty body; weft: 1,000,000 timers armed",
                       .columns = {{cpu_counter, "CPU ns/limit"}, {"", "wall ns"}},
                       .entrants = entrants}};
    what.bars = {
        {"with_timeout", cpu_counter, "", 60, "with_timeout, 1,000,000 timers armed, ns"},
        {"with_timeout", cpu_counter, "", 60, "with_timeout, 1,000 timers armed, ns",
         "weft, 1,000 armed"},
        {"with_timeout", cpu_counter, "", 60, "with_timeout, no timer armed, ns",
         "weft, none armed"},
        {"with_timeout", cpu_counter, "weft, none armed", 2, "1,000,000 armed"},
    };
    return run_plan(argc, argv, what);
}
