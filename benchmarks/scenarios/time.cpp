// SPDX-License-Identifier: BSL-1.0
// Timers, time limits, and how late a sleeper wakes.
#include "benchmarks/scenarios/asking.hpp"
#include "benchmarks/scenarios/catalogue.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

bool half_fired(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check == (operations + 1) / 2;
}

// Each body returns how many have run.
bool every_body_ran(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check == operations * (operations + 1) / 2;
}

bool never_early(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check == operations;
}

// state-threads and Boost.Fiber are shown as they are, and uvloop, which counts in milliseconds.
bool answered(std::int64_t check, std::int64_t operations, std::int64_t /*size*/) {
    return check >= 0 && check <= operations;
}

void append(std::vector<entrant>& to, std::vector<entrant> more) {
    for (entrant& each : more)
        to.push_back(std::move(each));
}

scenario timers() {
    return {
        .name = "timers",
        .title = "Timers, half of which fire",
        .about = "So many timers are armed. Every second one is due after 1 to 20 ms, scattered, "
                 "and fires; the others, due after 10 to 20 s, are cancelled when all are armed. "
                 "The figures are for one timer, armed and fired or cancelled. The CPU time "
                 "counts; the wall time is at least 20 ms for all together. weft's, asyncio's and "
                 "gevent's timers call a function, Boost.Asio's a handler, Go's a goroutine.",
        .not_shown =
            "Precision has its price here: a runtime that wakes for each timer at its microsecond "
            "(weft, Boost.Asio) wakes more often than one that waits in whole milliseconds and "
            "fires several at a time; in few timers the wake-ups are nearly all that is measured. "
            "Boost.Fiber, state-threads and std::thread have no timers, only tasks that sleep.",
        .size_label = "timers",
        .quick_sizes = {10'000},
        .full_sizes = {10, 1'000, 100'000, 1'000'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = ask_peers({"weft", "asio", "go", "asyncio", "uvloop", "gevent"},
                              {.command = "timers",
                               .right = half_fired,
                               .operations = [](std::int64_t size) { return size; }}),
    };
}

scenario timeout() {
    scenario one{
        .name = "timeout",
        .title = "A time limit set and lifted, with timers armed beside it",
        .about = "A time limit of 1 s to 2 h is put around a body that returns at once: "
                 "with_timeout, context.WithTimeout, asyncio.timeout, gevent.Timeout. Meanwhile so "
                 "many other timers are armed, before, among and behind which the limits fall; "
                 "arming those is not counted.",
        .not_shown = "A limit that strikes. Runtimes that have no time limit for any block of code "
                     "are left out: Boost.Fiber, state-threads, Boost.Asio, std::thread.",
        .size_label = "timers armed meanwhile",
        .quick_sizes = {1'000},
        .full_sizes = {0, 1'000, 1'000'000},
        .figures = {cpu_figure(), wall_figure()},
        .entrants = {},
    };
    const auto limits = [](std::int64_t many) {
        return question{.command = "with_timeout_{size}",
                        .right = every_body_ran,
                        .operations = [many](std::int64_t size) {
                            return size < 100'000 ? 0 : many; // arming a million takes a second
                        }};
    };
    append(one.entrants, ask_peers({"weft", "go"}, limits(200'000)));
    append(one.entrants, ask_peers({"asyncio", "uvloop", "gevent"}, limits(20'000)));
    return one;
}

scenario sleeping() {
    scenario one{
        .name = "sleep",
        .title = "How late a sleeper wakes",
        .about = "One task sleeps for 200 us, 100 times, and nothing else goes on; the figures are "
                 "how much later than that it woke. The kernel's timer slack (50 us) is in it "
                 "unless the runtime asks the kernel for less; where the runtime waits in whole "
                 "milliseconds, so is the rest of one. uvloop's timers count in milliseconds: a "
                 "sleep of 200 us ends at once.",
        .not_shown = "A busy loop: there a sleeper also waits for the tasks before it.",
        .size_label = {},
        .quick_sizes = {1},
        .full_sizes = {1},
        .figures = {{"late_median_us", "lateness, median", "us"},
                    {"late_p99_us", "lateness, 99 %", "us"},
                    {.id = "late_max_us", .label = "latest", .unit = "us", .compared = false}},
        .entrants = {},
    };
    const auto naps = [](bool (*right)(std::int64_t, std::int64_t, std::int64_t)) {
        return question{.command = "sleep",
                        .right = right,
                        .operations = [](std::int64_t /*size*/) { return 100; }};
    };
    append(one.entrants, ask_peers({"weft"}, naps(never_early)));
    append(one.entrants,
           ask_peers({"threads", "boost.fiber", "state-threads", "asio"}, naps(answered)));
    append(one.entrants, ask_peers({"go"}, naps(never_early)));
    append(one.entrants, ask_peers({"asyncio", "uvloop", "gevent"}, naps(answered)));
    return one;
}

} // namespace

std::vector<scenario> time_scenarios() {
    return {timers(), timeout(), sleeping()};
}

} // namespace bench
