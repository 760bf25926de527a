// SPDX-License-Identifier: BSL-1.0
// What a waiting task holds.
#include "benchmarks/scenarios/asking.hpp"
#include "benchmarks/scenarios/catalogue.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

bool all_ended(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check == operations;
}

figure told(const std::string& id, const std::string& label, const std::string& unit) {
    return {.id = id, .label = label, .unit = unit, .less_is_better = true, .compared = false};
}

scenario memory() {
    scenario one{
        .name = "memory",
        .title = "Memory of a task that waits",
        .about =
            "So many tasks wait for one event. The figures are for one task, from the difference "
            "before and while they wait: the process's resident pages, and what the kernel holds "
            "for it (page tables, the stacks of threads, mappings and thread descriptors, of which "
            "the kernel tells only the machine's sum). A task's handle is not counted. Not started "
            "is what a task holds before its first step, where none runs before it is asked to. "
            "Unguarded counts stacks that run into their neighbour when they overflow; Go's grow "
            "instead, and Python's frames are on its heap.",
        .not_shown = "What the task's own work needs: these stacks are as shallow as can be. A "
                     "thread or fiber that has called deeply keeps the pages it touched.",
        .size_label = "tasks",
        .quick_sizes = {10'000},
        .full_sizes = {10'000, 100'000, 1'000'000},
        .figures = {{"total", "bytes of a waiting task", "B"},
                    {"resident", "of these, the process's", "B"},
                    told("kernel", "of these, the kernel's", "B"),
                    told("unstarted", "not started", "B"),
                    told("create_ns", "CPU time to make one", "ns"),
                    told("park_ns", "until it waits", "ns"),
                    told("wake_ns", "to wake, end and join it", "ns"),
                    told("unguarded", "unguarded stacks", "")},
        .entrants = ask_peers({"weft", "threads", "boost.fiber", "state-threads", "asio", "go",
                               "asyncio", "uvloop", "gevent"},
                              {.command = "park",
                               .right = all_ended,
                               .operations = [](std::int64_t size) { return size; }}),
    };
    limit_size(one.entrants, "threads", 10'000,
               "more threads than the kernel's limits allow on most machines (kernel.pid_max "
               "32,768, two mappings each)");
    limit_size(one.entrants, "gevent", 100'000, "8 GB for a million");
    limit_size(one.entrants, "asio", 100'000, "6 GB for a million");
    return one;
}

} // namespace

std::vector<scenario> memory_scenarios() {
    return {memory()};
}

} // namespace bench
