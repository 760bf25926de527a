// SPDX-License-Identifier: BSL-1.0
// How long 1 GiB takes through a connection over the loopback interface, writer and reader on a
// core each (the measuring program sleeps meanwhile). An operation is a MiB.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/rounds.hpp"

namespace {

using namespace micro;

constexpr std::int64_t mebibytes = 1024;

bool all_came(const answer& got, std::int64_t operations) {
    return got.check == operations * 1024 * 1024;
}

entrant streaming(const char* name, const char* program) {
    return {.name = name,
            .program = program,
            .package = "",
            .operations = mebibytes,
            .run = ask_runtime(program, "bulk", process::kept, all_came)};
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "bulk", .rounds = 11};
    what.scenarios = {{
        .name = "bulk",
        .title = "1 GiB through a connection, in pieces of 256 KiB",
        .columns = {{"", "ns a MiB"},
                    {"megabytes_per_second", "MB/s"},
                    {cpu_counter, "CPU ns a MiB"}},
        .entrants = {streaming("weft", "peer_weft_bulk"),
                     streaming("std::thread", "peer_threads_bulk")},
    }};
    what.bars = {{"bulk", "", "std::thread", 1 / 0.95, "1 GiB through a stream: time"}};
    return run_plan(argc, argv, what);
}
