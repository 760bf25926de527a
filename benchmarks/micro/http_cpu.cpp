// SPDX-License-Identifier: BSL-1.0
// What a server spends on one HTTP request: CPU time of its process, user and kernel together, on
// 1, 64 and 1,000 keep-alive connections. Server on one core, clients on another.
//
// The servers answer the same bytes and look for the end of a request in the same way, so the
// difference is what each runtime puts between a request and its answer. "busy" is the share of the
// round in which the server ran: below 100 % it also waits, and pays for more wake-ups; on one
// connection it waits for each request.
//
// Beside it: the same with Boost.Beast, whose code is the same on both runtimes, and what a
// connection costs that comes for one answer.
#include "benchmarks/micro/connect_load.hpp"
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/http_load.hpp"
#include "benchmarks/micro/loaded_server.hpp"
#include "benchmarks/micro/rounds.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace micro;

constexpr std::int64_t requests = 60'000;
constexpr std::int64_t visits = 10'000;

entrant http_server(const std::string& name, const std::string& package, int connections,
                    const std::vector<std::string>& command_line) {
    return server_under_load<http_load>(name, package, command_line, connections, requests);
}

scenario http_on(const std::string& name, int connections) {
    const std::string title = "an HTTP answer on " + std::to_string(connections) +
                              " keep-alive connections: the server's CPU time";
    const auto entrant_of = [=](const char* peer, const char* package,
                                const std::vector<std::string>& command_line) {
        return http_server(peer, package, connections, command_line);
    };
    return {
        .name = name,
        .title = title,
        .columns = {{"", "ns a request"}, {"per_second", "requests/s"}, {"busy_percent", "busy %"}},
        .entrants = {entrant_of("weft", "", {"peer_weft_http"}),
                     entrant_of("epoll", "", {"peer_epoll_http"}),
                     entrant_of("Go", "golang-go", {"peer_go", "http"}),
                     entrant_of("std::thread", "", {"peer_threads_http"}),
                     entrant_of("state-threads", "libst-dev", {"peer_state_threads_http"}),
                     entrant_of("Boost.Asio", "libboost-dev", {"peer_asio_http"}),
                     entrant_of("asyncio", "python3", {"peer_asyncio_http"}),
                     entrant_of("uvloop", "python3-uvloop", {"peer_uvloop_http"})},
    };
}

// The same code on both runtimes, see peers/beast_session.hpp.
scenario beast_on(int connections) {
    return {
        .name = "beast",
        .title =
            "an HTTP answer by Boost.Beast on 64 keep-alive connections: the server's CPU time",
        .columns = {{"", "ns a request"}, {"per_second", "requests/s"}, {"busy_percent", "busy %"}},
        .entrants = {http_server("weft", "libboost-dev", connections, {"peer_weft_beast"}),
                     http_server("asio::spawn", "libboost-coroutine-dev", connections,
                                 {"peer_asio_beast"})},
    };
}

// Connected, one answer, closed: see peers/weft_connections.cpp.
scenario connections_of(int at_once) {
    const auto entrant_of = [=](const char* name, const char* program) {
        return server_under_load<connect_load>(name, "", {program}, at_once, visits);
    };
    return {
        .name = "connect",
        .title = "a connection for one answer, 64 at a time: the server's CPU time",
        .columns = {{"", "ns a connection"},
                    {"per_second", "connections/s"},
                    {"busy_percent", "busy %"}},
        .entrants = {entrant_of("weft", "peer_weft_connections"),
                     entrant_of("epoll", "peer_epoll_http")},
    };
}

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "http cpu", .rounds = 11};
    what.scenarios = {http_on("http_1", 1), http_on("http", 64), http_on("http_1000", 1'000)};
    for (const scenario& one : what.scenarios) {
        const std::string text = "server CPU, " + one.name;
        what.bars.push_back({one.name, "", "epoll", one.name == "http_1000" ? 1.1 : 1.08, text});
        what.bars.push_back({one.name, "", "Go", 0.9, text});
        what.bars.push_back({one.name, "", "uvloop", 0.8, text});
        what.bars.push_back({one.name, "", "Boost.Asio", 1.0, text});
    }
    what.scenarios.push_back(beast_on(64));
    what.scenarios.push_back(connections_of(64));
    what.bars.push_back({"beast", "", "asio::spawn", 1.0, "server CPU, Boost.Beast"});
    what.bars.push_back({"connect", "", "epoll", 1.1, "server CPU, a connection"});
    return run_plan(argc, argv, what);
}
