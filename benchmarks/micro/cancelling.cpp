// SPDX-License-Identifier: BSL-1.0
// What it costs to cancel 100,000 parked tasks, until all have ended. Making and parking them is
// not counted. Go's goroutines wait for work or for a context of their own, so that each can be
// cancelled alone as a task can; the cheapest that Go has, one context that all share, is shown
// beside it.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

constexpr std::int64_t crowd = 100'000;

bool all_cancelled(const answer& got, std::int64_t operations) {
    return got.check == operations;
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "cancelling", .rounds = 7};
    auto entrants = runtimes({"weft", "Go", "asyncio", "uvloop"}, "cancel", process::kept, crowd,
                             all_cancelled);
    entrant shared = named(entrants, "Go");
    shared.name = "Go, one context for all";
    shared.run = ask_runtime(shared.program, "cancel_shared", process::kept, all_cancelled);
    entrants.push_back(shared);
    what.scenarios = {{.name = "cancel",
                       .title = "cancel 100,000 parked tasks, until all have ended",
                       .columns = {{cpu_counter, "CPU ns/task"}, {"", "wall ns"}},
                       .entrants = entrants}};
    what.bars = {
        {"cancel", cpu_counter, "Go", 1.0 / 5, "cancel of a parked task"},
        {"cancel", cpu_counter, "asyncio", 1.0 / 20, "cancel of a parked task"},
        {"cancel", cpu_counter, "uvloop", 1.0 / 20, "cancel of a parked task"},
    };
    return run_plan(argc, argv, what);
}
