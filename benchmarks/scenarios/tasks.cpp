// SPDX-License-Identifier: BSL-1.0
// Tasks in numbers: made and joined, switched between, a tree of them, gathered, cancelled.
#include "benchmarks/scenarios/asking.hpp"
#include "benchmarks/scenarios/catalogue.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

const std::vector<std::string> cooperative{"weft", "threads", "boost.fiber", "state-threads",
                                           "go",   "asyncio", "uvloop",      "gevent"};

std::vector<std::string> and_asio(std::vector<std::string> peers) {
    peers.insert(peers.begin() + 4, "asio");
    return peers;
}

bool all_of_them(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check == operations;
}

// Nearly every yield must have handed over: Go looks at its queues in another order now and then,
// and the kernel lets a thread go on once in a while.
bool took_turns(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return static_cast<double>(check) >= 0.9 * static_cast<double>(operations);
}

bool whole_tree(std::int64_t check, std::int64_t actors, std::int64_t /*size*/) {
    const std::int64_t leaves = (9 * actors + 1) / 10;
    return check == leaves * (leaves - 1) / 2;
}

// So many gathers of `width` and a smaller one, each of which returns its indices.
bool right_sum(std::int64_t check, std::int64_t operations, std::int64_t width) {
    const std::int64_t rest = operations % width;
    return check == operations / width * (width * (width - 1) / 2) + rest * (rest - 1) / 2;
}

const std::string few_threads = "more threads than the kernel's limits allow on most machines "
                                "(kernel.pid_max 32,768, two mappings each)";
const std::string heavy_greenlets =
    "each greenlet that has waited holds a stack of its own, 8 KiB: 8 GB for a million";
const std::string heavy_coroutines =
    "each coroutine that has waited holds two pages of its stack: 8 GB for a million";

void limit_crowds(std::vector<entrant>& entrants) {
    limit_size(entrants, "threads", 10'000, few_threads);
    limit_size(entrants, "asio", 100'000, heavy_coroutines);
    limit_size(entrants, "gevent", 100'000, heavy_greenlets);
}

scenario create_join() {
    scenario one{
        .name = "create_join",
        .title = "Tasks made and joined",
        .about =
            "So many empty tasks are made, then all are joined, and again; the figures are for one "
            "task from its birth to its joined end. One that the runtime starts at once, as "
            "Boost.Asio does and the kernel may, can have ended before the next is made.",
        .not_shown = "The task does nothing: the share of this cost in a task that does something "
                     "is smaller. From 10,000 on each measurement is the first batch of its "
                     "process and pays for the memory; below, stacks are used again.",
        .size_label = "tasks alive at once",
        .quick_sizes = {1, 1'000},
        .full_sizes = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(
            and_asio(cooperative),
            {.command = "create_join_{size}", .right = all_of_them, .operations = once_around(1)}),
    };
    limit_size(one.entrants, "threads", 10'000, few_threads);
    limit_size(one.entrants, "gevent", 100'000, "a greenlet takes 11 us: 11 s for a million");
    return one;
}

scenario switching() {
    scenario one{
        .name = "switch",
        .title = "Tasks that yield in turn",
        .about = "Each of so many tasks yields, again and again, so that every yield is a switch "
                 "to the next one; making and joining the tasks is not counted. state-threads has "
                 "no yield that leaves the kernel alone: its threads wake one another instead.",
        .not_shown = "What a task finds cold when it comes back: these touch one cache line of "
                     "their own. With many tasks the memory of their stacks is what is measured.",
        .size_label = "tasks",
        .quick_sizes = {2, 1'000},
        .full_sizes = {2, 10, 100, 1'000, 10'000, 100'000, 1'000'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(
            and_asio(cooperative),
            {.command = "switch_{size}", .right = took_turns, .operations = once_around(4)}),
    };
    limit_crowds(one.entrants);
    return one;
}

scenario skynet() {
    scenario one{
        .name = "skynet",
        .title = "A tree of tasks, ten children each",
        .about =
            "A task makes ten, each of them ten, down to the leaves, which return their numbers; "
            "every parent sums what its children return. The figures are for one task. Each "
            "measurement is the first tree of its process, on one thread: it counts what so many "
            "tasks alive at once need in memory. Boost.Fiber starts children as it does by default "
            "(launch::post), later, as weft and Go do; Boost.Asio starts them at once, and a leaf "
            "that starts at once has ended before the next is made.",
        .not_shown = "Several cores: Go's tree would be spread over them.",
        .size_label = "tasks in the tree",
        .quick_sizes = {11'111},
        .full_sizes = {11'111, 111'111, 1'111'111},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(and_asio(cooperative),
                              {.command = "skynet",
                               .right = whole_tree,
                               .operations = [](std::int64_t size) { return size; }}),
    };
    limit_size(one.entrants, "threads", 11'111, few_threads);
    limit_size(one.entrants, "gevent", 111'111, "a greenlet takes 11 us: 13 s for 1,111,111");
    return one;
}

scenario gather() {
    scenario one{
        .name = "gather",
        .title = "Callables run at once and their values collected",
        .about = "So many callables that return a number at once are run together and their values "
                 "collected in order; the figures are for one of them. weft, asyncio and gevent "
                 "have gather or joinall; the others are written as their users write it: all "
                 "started, then their results asked for in order (std::async, "
                 "boost::fibers::async, a WaitGroup in Go).",
        .not_shown = "Errors and cancels, which gather has to handle and a loop of joins does not.",
        .size_label = "callables",
        .quick_sizes = {100},
        .full_sizes = {10, 100, 1'000, 10'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(cooperative, {.command = "gather_{size}", .right = right_sum}),
    };
    return one;
}

scenario cancel() {
    scenario one{
        .name = "cancel",
        .title = "Waiting tasks cancelled, until all have ended",
        .about =
            "So many tasks wait for an event that never comes; all are cancelled and joined. "
            "Making and parking them is not counted. weft, asyncio and gevent unwind each task by "
            "an exception, and its destructors run. A goroutine cannot be cancelled: it waits for "
            "work or for a context of its own, so that each can be ended alone, and returns.",
        .not_shown =
            "Runtimes without cancellation are left out: std::thread, Boost.Fiber, Boost.Asio's "
            "coroutines. state-threads can interrupt a thread, which then has to return by itself.",
        .size_label = "tasks",
        .quick_sizes = {1'000},
        .full_sizes = {1'000, 10'000, 100'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers({"weft", "go", "asyncio", "uvloop", "gevent"},
                              {.command = "cancel",
                               .right = all_of_them,
                               .operations = [](std::int64_t size) { return size; }}),
    };
    return one;
}

} // namespace

std::vector<scenario> task_scenarios() {
    return {create_join(), switching(), skynet(), gather(), cancel()};
}

} // namespace bench
