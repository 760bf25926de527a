// SPDX-License-Identifier: BSL-1.0
// What a switch costs, and what a task costs from its birth to its joined end.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

// Nearly every yield must have handed over: Go looks at its queues in another order now and then,
// and the kernel lets a thread go on once in a while.
bool took_turns(const answer& got, std::int64_t operations) {
    return static_cast<double>(got.check) >= 0.9 * static_cast<double>(operations);
}

bool all_ran(const answer& got, std::int64_t operations) {
    return got.check == operations;
}

// All runtimes, and Boost.Fiber once more, linked statically.
std::vector<entrant> switching_entrants(const std::string& command, const check& right) {
    std::vector<entrant> list = all_runtimes(command, process::kept, 0, right);
    entrant linked_in = named(list, "Boost.Fiber");
    linked_in.name = "Boost.Fiber, static";
    linked_in.program = "peer_boost_fiber_static";
    linked_in.run = ask_runtime(linked_in.program, command, process::kept, right);
    list.push_back(linked_in);
    return list;
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "switching", .rounds = 9};
    what.scenarios = {
        {.name = "yield",
         .title = "yield between two tasks",
         .columns = {{cpu_counter, "CPU ns/yield"}, {"", "wall ns"}},
         .entrants = switching_entrants("switch_2", took_turns)},
        {.name = "spawn_join",
         .title = "spawn an empty task and join it, one after the other",
         .columns = {{cpu_counter, "CPU ns/task"}, {"", "wall ns"}},
         .entrants = switching_entrants("create_join_1", all_ran)},
    };
    what.bars = {
        {"yield", cpu_counter, "Boost.Fiber", 1.0 / 5, "yield"},
        {"yield", cpu_counter, "Go", 1.0 / 5, "yield"},
        {"spawn_join", cpu_counter, "Boost.Fiber", 1.0 / 5, "spawn and join"},
        {"spawn_join", cpu_counter, "Go", 1.0 / 4, "spawn and join"},
        {"spawn_join", cpu_counter, "state-threads", 0.6, "spawn and join"},
    };
    return run_plan(argc, argv, what);
}
