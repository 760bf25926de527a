// SPDX-License-Identifier: BSL-1.0
// How late a task wakes from sleep_for(200us) when nothing else happens. std::thread's figure is
// clock_nanosleep of a bare thread: the kernel's timer slack (50 us) is in every one of them unless
// the runtime asks the kernel for less.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

// Go and weft may never be early; state-threads and Boost.Fiber are shown as they are.
bool answered(const answer& got, std::int64_t operations) {
    return got.check >= 0 && got.check <= operations;
}
bool never_early(const answer& got, std::int64_t operations) {
    return got.check == operations;
}

} // namespace

int main(int argc, char** argv) {
    constexpr std::int64_t naps = 1000;
    plan what{.title = "sleep accuracy", .rounds = 5};
    what.scenarios = {{.name = "nap",
                       .title = "sleep_for(200us) on an idle loop: lateness of the wake-up",
                       .columns = {{"late_median_us", "median us"},
                                   {"late_p99_us", "99 % us"},
                                   {"late_max_us", "worst us"}},
                       .entrants = all_runtimes("sleep", process::kept, naps, answered)}};
    named(what.scenarios[0].entrants, "weft").run =
        ask_runtime("peer_weft", "sleep", process::kept, never_early);
    what.bars = {{"nap", "late_median_us", "", 100, "sleep_for(200us): median lateness, us"}};
    return run_plan(argc, argv, what);
}
