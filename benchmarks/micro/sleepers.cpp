// SPDX-License-Identifier: BSL-1.0
// A million tasks asleep at once: whether all are made, wake and end, and what each one holds.
//
// Figures are per task, from the difference of the process's own memory before and while they
// sleep. Resident bytes are the process's pages; page tables are the kernel's, shown apart.
// "not started" is what a spawned task holds before its first step, where the runtime lets none run
// before it is asked to. "unguarded" counts stacks that run into a neighbour when they overflow (Go
// has no need of guards: its stacks grow). The kernel cannot hold a million threads: std::thread
// gets ten thousand, and the kernel's own memory for each thread (16 KiB of stack and more) is not
// in its figure.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

constexpr std::int64_t sleepers = 1'000'000;
constexpr std::int64_t fewer_sleepers = 10'000;

bool all_ended(const answer& got, std::int64_t operations) {
    return got.check == operations;
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "sleepers", .rounds = 1};
    what.scenarios = {{.name = "park",
                       .title = "1,000,000 tasks parked in sleep_for: bytes and CPU time for each",
                       .columns = {{"resident", "resident B"},
                                   {"kernel", "kernel B"},
                                   {"unstarted", "not started B"},
                                   {"create_ns", "create ns"},
                                   {"park_ns", "park ns"},
                                   {"wake_ns", "wake, end ns"},
                                   {"unguarded", "unguarded"}},
                       .entrants = all_runtimes("park", process::fresh, sleepers, all_ended)}};
    entrant& threads = named(what.scenarios[0].entrants, "std::thread");
    threads.name = "std::thread, 10,000";
    threads.operations = fewer_sleepers;
    what.bars = {
        {"park", "resident", "", 4.7 * 1024, "parked task: resident bytes"},
        {"park", "unstarted", "", 320, "task not yet started: bytes held"},
        {"park", "unguarded", "", 0, "1,000,000 sleepers: stacks without a guard"},
    };
    return run_plan(argc, argv, what);
}
