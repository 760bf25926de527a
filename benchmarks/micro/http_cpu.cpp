// SPDX-License-Identifier: BSL-1.0
// What a server spends on one HTTP request: CPU time of its process, user and kernel together, on
// 64 keep-alive connections. Server on one core, clients on another.
//
// The servers answer the same bytes and look for the end of a request in the same way, so the
// difference is what each runtime puts between a request and its answer. CPU time comes from the
// process's own clock (nanoseconds, ended threads included), read while the server is idle, before
// and after a round; connecting and a warm-up are not in it. "busy" is the share of the round in
// which the server ran: below 100 % it also waits, and pays for more wake-ups.
#include "benchmarks/micro/entrants.hpp"
#include "benchmarks/micro/http_load.hpp"
#include "benchmarks/micro/rounds.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

namespace {

using namespace micro;

constexpr int connections = 64;
constexpr std::int64_t requests = 60'000;
constexpr std::int64_t warm_up = 2'000;

struct server {
    explicit server(const std::vector<std::string>& command_line)
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

entrant http_server(const std::string& name, const std::string& package,
                    const std::vector<std::string>& command_line) {
    auto kept = std::make_shared<std::optional<server>>();
    auto run = [=](std::int64_t count) {
        try {
            if (!kept->has_value()) {
                kept->emplace(command_line);
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

} // namespace

int main(int argc, char** argv) {
    plan what{.title = "http cpu", .rounds = 11};
    what.scenarios = {{
        .name = "http",
        .title = "an HTTP answer on 64 keep-alive connections: the server's CPU time",
        .columns = {{"", "ns a request"}, {"per_second", "requests/s"}, {"busy_percent", "busy %"}},
        .entrants = {http_server("weft", "", {"peer_weft_http"}),
                     http_server("epoll", "", {"peer_epoll_http"}),
                     http_server("Go", "golang-go", {"peer_go", "http"}),
                     http_server("std::thread", "", {"peer_threads_http"}),
                     http_server("state-threads", "libst-dev", {"peer_state_threads_http"}),
                     http_server("Boost.Asio", "libboost-dev", {"peer_asio_http"})},
    }};
    what.bars = {
        {"http", "", "epoll", 1.08, "HTTP answer: server CPU"},
        {"http", "", "Go", 0.9, "HTTP answer: server CPU"},
    };
    return run_plan(argc, argv, what);
}
