// SPDX-License-Identifier: BSL-1.0
// Skynet: a task spawns ten, each of them ten, six levels deep; a million leaves return their
// numbers and every parent sums what its children return. One thread.
//
// Each measurement is the first tree of a fresh process, as the benchmark is known: it counts what
// a million tasks alive at once need in memory. The second tree of the same process, with all
// pools warm, is measured too, for comparison. The kernel cannot hold a million threads
// (kernel.pid_max), so std::thread gets a tree of ten thousand leaves; its figure is per actor too.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

#include <optional>

namespace {

using namespace micro;

constexpr std::int64_t leaves = 1'000'000;
constexpr std::int64_t fewer_leaves = 10'000;

// A full tree with ten children a node has leaves + leaves/10 + ... + 1 actors.
constexpr std::int64_t actors_of(std::int64_t tree) {
    return (10 * tree - 1) / 9;
}
constexpr std::int64_t leaves_of(std::int64_t actors) {
    return (9 * actors + 1) / 10;
}
static_assert(actors_of(leaves) == 1'111'111 && leaves_of(1'111'111) == leaves);

bool right_sum(const answer& got, std::int64_t actors) {
    std::int64_t tree = leaves_of(actors);
    return got.check == tree * (tree - 1) / 2;
}

entrant skynet_entrant(entrant one, const std::string& command, bool again) {
    if (one.name == "std::thread") {
        one.name = "std::thread, 10,000 leaves";
        one.operations = actors_of(fewer_leaves);
    }
    std::string program = one.program;
    one.run = [=](std::int64_t actors) {
        peer fresh({program});
        answer got;
        for (int tree = 0; tree < (again ? 2 : 1); ++tree) {
            got = fresh.ask(command, actors);
            if (!right_sum(got, actors)) {
                throw std::runtime_error(program + ": a wrong sum");
            }
        }
        return outcome_of(got, actors, fresh);
    };
    return one;
}

std::vector<entrant> skynet_entrants(bool again) {
    std::vector<entrant> list;
    for (auto& one : all_runtimes("skynet", process::fresh, actors_of(leaves), right_sum)) {
        list.push_back(skynet_entrant(one, "skynet", again));
        if (one.name == "Boost.Fiber") {
            list.push_back(skynet_entrant(one, "skynet_dispatch", again));
            list.back().name = "Boost.Fiber, dispatch";
        }
    }
    return list;
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "skynet", .rounds = 3};
    what.scenarios = {
        {.name = "skynet",
         .title = "skynet, 1,111,111 tasks on one thread: the first tree of a process",
         .columns = {{cpu_counter, "CPU ns/actor"}, {"", "wall ns"}},
         .entrants = skynet_entrants(false)},
        {.name = "skynet_again",
         .title = "skynet, 1,111,111 tasks on one thread: the second tree of the same process",
         .columns = {{cpu_counter, "CPU ns/actor"}, {"", "wall ns"}},
         .entrants = skynet_entrants(true)},
    };
    what.bars = {
        {"skynet", cpu_counter, "Go", 1.0 / 3, "skynet"},
        {"skynet", cpu_counter, "Boost.Fiber", 1.0 / 20, "skynet"},
    };
    return run_plan(argc, argv, what);
}
