// SPDX-License-Identifier: BSL-1.0
// What it costs to port a server and not to rewrite it: the CPU time of an echo, user and kernel
// together, on 64 and on 1,000 connections that stay open. Server on one core, clients on another.
//
// "ported" is the source of "std::thread" (../peers/threads_echo.cpp) with another namespace and
// another library; "weft" is the same server written with streams.
#include "benchmarks/micro/http_load.hpp"
#include "benchmarks/micro/loaded_server.hpp"
#include "benchmarks/micro/rounds.hpp"

#include <cstdint>
#include <string>

namespace {

using namespace micro;

constexpr std::int64_t messages = 60'000;

scenario echo_on(const std::string& name, int connections) {
    const auto entrant_of = [&](const char* peer, const char* program) {
        return server_under_load<echo_load>(peer, "", {program}, connections, messages);
    };
    return {
        .name = name,
        .title = "an echo on " + std::to_string(connections) +
                 " connections that stay open: the server's CPU time",
        .columns = {{"", "ns a message"}, {"per_second", "messages/s"}, {"busy_percent", "busy %"}},
        .entrants = {entrant_of("weft", "peer_weft_echo"), entrant_of("ported", "peer_ported_echo"),
                     entrant_of("std::thread", "peer_threads_echo")},
    };
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "ported cpu", .rounds = 11};
    what.scenarios = {echo_on("echo", 64), echo_on("echo_1000", 1'000)};
    for (const scenario& one : what.scenarios) {
        what.bars.push_back(
            {one.name, "", "weft", 1.15, "server CPU, ported " + one.name, "ported"});
    }
    what.bars.push_back(
        {"echo_1000", "", "std::thread", 0.8, "server CPU, ported echo_1000", "ported"});
    return run_plan(argc, argv, what);
}
