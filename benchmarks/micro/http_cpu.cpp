// SPDX-License-Identifier: BSL-1.0
// What a server spends on one HTTP request: CPU time of its process, user and kernel together, on
// 1, 64 and 1,000 keep-alive connections. Server on one core, clients on another.
//
// The servers answer the same bytes and look for the end of a request in the same way, so the
// difference is what each runtime puts between a request and its answer. CPU time comes from the
// process's own clock (nanoseconds, ended threads included), read while the server is idle, before
// and after a round; connecting and a warm-up are not in it. "busy" is the share of the round in
// which the server ran: below 100 % it also waits, and pays for more wake-ups; on one connection it
// waits for each request.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/http_load.hpp"
#include "benchmarks/micro/rounds.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace micro;

constexpr std::int64_t requests = 60'000;
constexpr std::int64_t warm_up = 2'000;

struct server {
    server(const std::vector<std::string>& command_line, int connections)
        : process(command_line), load(port(process.read_line()), connections) {
        load.drive(warm_up);
    }

    static unsigned port(const std::string& line) {
        if (!line.starts_with("port ")) {
            throw std::runtime_error("the server names no port");
        }
        return static_cast<unsigned>(std::stoul(line.substr(5)));
    }

    peer process;
    http_load load;
};

// The last answer has left the server before it is idle again; this is its time to get there.
std::chrono::nanoseconds idle_cpu_time(const peer& process) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return process.cpu_time();
}

outcome serve_requests(server& one, std::int64_t count) {
    auto cpu_before = idle_cpu_time(one.process);
    auto began = std::chrono::steady_clock::now();
    one.load.drive(count);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::chrono::duration<double> cpu = idle_cpu_time(one.process) - cpu_before;
    return {.spent_ns = cpu.count() * 1e9,
            .counters = {{"per_second", static_cast<double>(count) / took.count()},
                         {"busy_percent", 100 * cpu / took}},
            .version = one.process.version()};
}

entrant http_server(const std::string& name, const std::string& package, int connections,
                    const std::vector<std::string>& command_line) {
    auto kept = std::make_shared<std::optional<server>>();
    auto run = [=](std::int64_t count) {
        try {
            if (!kept->has_value()) {
                kept->emplace(command_line, connections);
            }
            return serve_requests(**kept, count);
        } catch (...) {
            kept->reset();
            throw;
        }
    };
    return {.name = name,
            .program = command_line.front(),
            .package = package,
            .operations = requests,
            .run = run};
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
    return run_plan(argc, argv, what);
}
