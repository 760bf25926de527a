// SPDX-License-Identifier: BSL-1.0
// What tasks hand to one another: a wake-up, a token, an item, a lock, a value.
#include "benchmarks/scenarios/asking.hpp"
#include "benchmarks/scenarios/catalogue.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

const std::vector<std::string> all{"weft", "threads", "boost.fiber", "state-threads",
                                   "go",   "asyncio", "uvloop",      "gevent"};
const std::vector<std::string> coroutines{"weft",    "boost.fiber", "go",
                                          "asyncio", "uvloop",      "gevent"};

bool right_sum(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check == operations * (operations - 1) / 2;
}

// As with a yield: Go looks at its queues in another order now and then.
bool took_turns(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return static_cast<double>(check) >= 0.9 * static_cast<double>(operations);
}

// The kernel gives a lock to whom it likes.
bool took_some_turns(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check > 1 && check <= operations;
}

bool all_arrived(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check == operations;
}

scenario ping_pong() {
    return {
        .name = "ping_pong",
        .title = "Two tasks wake each other",
        .about = "Each releases the other's semaphore and waits at its own. One operation is one "
                 "release and one acquire that had to wait. Go's semaphores are channels, "
                 "Boost.Fiber's a mutex, a condition variable and a count.",
        .not_shown = "Anything but the way from one task to another on one thread.",
        .size_label = {},
        .quick_sizes = {1},
        .full_sizes = {1},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(all, {.command = "ping_pong", .right = took_turns}),
    };
}

scenario ring() {
    return {
        .name = "ring",
        .title = "A token goes around a ring of tasks",
        .about = "Each task takes the token from its own queue of one place and puts it into its "
                 "neighbour's. One operation is one hop, which wakes a task that waited. Making "
                 "the tasks is not counted.",
        .not_shown = "One task is awake at a time: nothing here could use a second core.",
        .size_label = "tasks in the ring",
        .quick_sizes = {100},
        .full_sizes = {2, 10, 100, 1'000, 10'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(all, {.command = "ring_{size}", .right = all_arrived}),
    };
}

scenario queue() {
    return {
        .name = "queue",
        .title = "Items through a queue, one producer, one consumer",
        .about =
            "One task puts numbers in, another takes them out and adds them up. With one place "
            "each item is a switch or two; with 128 the tasks alternate in batches; without a "
            "bound (0) the producer is done before the consumer begins where nothing makes it give "
            "way. Boost.Fiber's channel keeps one of its 128 places free. A queue that a runtime "
            "has not is the textbook's: a mutex and two condition variables.",
        .not_shown = "Several producers or consumers, and what waits in a queue without a bound.",
        .size_label = "places (0: no bound)",
        .quick_sizes = {1, 128},
        .full_sizes = {1, 128, 0},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(all, {.command = "queue_{size}", .right = right_sum}),
    };
}

scenario mutex() {
    scenario one{
        .name = "mutex",
        .title = "A lock for which many contend",
        .about = "Each task yields while it holds the lock, so that the others come to wait for "
                 "it, and once more after it has given it up. One operation is one acquisition and "
                 "two yields. Where the lock goes to the one that waited longest, the holder "
                 "changes each time, which is checked; std::mutex goes to whom the kernel likes.",
        .not_shown = "A lock that nobody contends for, which costs a few nanoseconds everywhere. "
                     "state-threads has no yield without a system call and is left out.",
        .size_label = "tasks",
        .quick_sizes = {10},
        .full_sizes = {2, 10, 100, 1'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(coroutines, {.command = "mutex_{size}", .right = took_turns}),
    };
    for (entrant& threads :
         ask_peers({"threads"}, {.command = "mutex_{size}", .right = took_some_turns}))
        one.entrants.insert(one.entrants.begin() + 1, std::move(threads));
    return one;
}

scenario semaphore() {
    return {
        .name = "semaphore",
        .title = "A semaphore of one that changes its holder",
        .about = "Two tasks; each yields while it holds the semaphore, and once more after it has "
                 "released it. One operation is one acquisition and two yields. The holder changes "
                 "each time, which is checked.",
        .not_shown = "Runtimes in which it goes to whom the kernel likes, or that have no yield, "
                     "are left out.",
        .size_label = {},
        .quick_sizes = {1},
        .full_sizes = {1},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(coroutines, {.command = "semaphore", .right = took_turns}),
    };
}

scenario future() {
    return {
        .name = "future",
        .title = "A future: made, waited for, set, read",
        .about = "A task waits for the value in its own future, makes itself a new one, and sets "
                 "the other task's to one more. One operation is a future's whole life. Go's "
                 "future is a channel of one place.",
        .not_shown =
            "std::promise must not be replaced while it is being set: threads are left out.",
        .size_label = {},
        .quick_sizes = {1},
        .full_sizes = {1},
        .figures = {cpu_figure(), wall_figure()},
        .entrants =
            ask_peers({"weft", "boost.fiber", "state-threads", "go", "asyncio", "uvloop", "gevent"},
                      {.command = "future", .right = all_arrived}),
    };
}

scenario generator() {
    return {
        .name = "generator",
        .title = "Values pulled from a generator",
        .about = "A generator yields numbers and its reader adds them up; one operation is one "
                 "value. Boost's is Boost.Coroutine2, asyncio's an async generator, gevent's "
                 "Python's own; Go's is a goroutine and a channel, and threads and state-threads "
                 "hand each value over by two semaphores.",
        .not_shown = "Python's generators are part of its interpreter and cannot block in what "
                     "they call, but for gevent's.",
        .size_label = {},
        .quick_sizes = {1},
        .full_sizes = {1},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers(all, {.command = "generator", .right = right_sum}),
    };
}

} // namespace

std::vector<scenario> handover_scenarios() {
    return {ping_pong(), ring(), queue(), mutex(), semaphore(), future(), generator()};
}

} // namespace bench
