// SPDX-License-Identifier: BSL-1.0
// What it costs to hand something to a task that waits for it: an item through a queue, a lock, a
// semaphore, a future's value. Two tasks each time, on one thread; peers/handover.hpp has the
// programs. A runtime that lacks a thing, or in which it goes to whom the kernel likes, is left
// out.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

bool sum_is_right(const answer& got, std::int64_t operations) {
    return got.check == operations * (operations - 1) / 2;
}

// As with a yield: Go looks at its queues in another order now and then.
bool took_turns(const answer& got, std::int64_t operations) {
    return static_cast<double>(got.check) >= 0.9 * static_cast<double>(operations);
}

bool all_arrived(const answer& got, std::int64_t operations) {
    return got.check == operations;
}

scenario one_handover(const std::string& command, const std::string& title,
                      const std::string& heading, const std::vector<std::string>& names,
                      const check& right) {
    return {.name = command,
            .title = title,
            .columns = {{cpu_counter, "CPU ns/" + heading}, {"", "wall ns"}},
            .entrants = runtimes(names, command, process::kept, 0, right)};
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> coroutines{"weft", "Boost.Fiber", "Go", "asyncio", "uvloop"};
    const std::vector<std::string> all{"weft",        "Boost.Fiber", "Go",    "state-threads",
                                       "std::thread", "asyncio",     "uvloop"};
    const std::vector<std::string> with_futures{"weft",          "Boost.Fiber", "Go",
                                                "state-threads", "asyncio",     "uvloop"};
    plan what{.title = "handover", .rounds = 9};
    what.scenarios = {
        one_handover("queue_128", "a queue of 128, one producer, one consumer", "item", all,
                     sum_is_right),
        one_handover("mutex_2", "a mutex that changes its holder each time (and two yields)",
                     "lock", coroutines, took_turns),
        one_handover("semaphore", "a semaphore(1) that changes its holder (and two yields)",
                     "acquire", coroutines, took_turns),
        one_handover("ping_pong", "two semaphores: release the other's, acquire one's own",
                     "acquire", all, took_turns),
        one_handover("future", "a future: made, waited for, set by the other task, read", "future",
                     with_futures, all_arrived),
    };
    what.bars = {
        {"queue_128", cpu_counter, "Boost.Fiber", 1.0, "queue item"},
        {"queue_128", cpu_counter, "Go", 1.0 / 2, "queue item"},
        {"mutex_2", cpu_counter, "Boost.Fiber", 1.0 / 3, "mutex hand-off"},
        {"semaphore", cpu_counter, "Boost.Fiber", 1.0 / 3, "semaphore hand-off"},
        {"ping_pong", cpu_counter, "Boost.Fiber", 1.0 / 3, "semaphore ping-pong"},
        {"future", cpu_counter, "Boost.Fiber", 1.0 / 3, "future set and get"},
    };
    return run_plan(argc, argv, what);
}
