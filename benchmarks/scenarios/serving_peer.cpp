// SPDX-License-Identifier: BSL-1.0
// serving_peer: see the header.
#include "benchmarks/scenarios/serving_peer.hpp"

#include "benchmarks/scenarios/limits.hpp"
#include "benchmarks/scenarios/peers.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>

#include <sys/wait.h>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t warm_up_answers = 10'000;
constexpr auto warm_up_limit = 50ms;
constexpr std::int64_t other_descriptors = 200; // of a server's runtime, and of this process

std::vector<std::string> with_path(const std::string& peer, std::vector<std::string> command) {
    const known_peer& self = peer_named(peer);
    if (const auto missing = why_missing(self, command.front()))
        throw std::runtime_error(self.name + ": " + *missing);
    command.front() = *program_path(command.front());
    return command;
}

unsigned port_in(const std::string& line) {
    if (!line.starts_with("port "))
        throw std::runtime_error("the server names no port: " + line);
    return static_cast<unsigned>(std::stoul(line.substr(5)));
}

} // namespace

serving_peer::serving_peer(const std::string& peer, std::vector<std::string> command)
    : process_(with_path(peer, std::move(command))), port_(port_in(process_.read_line())) {}

std::chrono::nanoseconds serving_peer::idle_cpu_time() const {
    auto last = process_.cpu_time();
    for (auto patience = 200ms; patience > 0ms; patience -= 1ms) {
        std::this_thread::sleep_for(1ms);
        const auto now = process_.cpu_time();
        if (now - last < 50us) // a twentieth of the time: timers, not work
            return now;
        last = now;
    }
    return last; // it always does something, and that is its cost
}

void serving_peer::attended(const std::function<void()>& work) {
    try {
        work();
    } catch (const std::runtime_error&) {
        std::this_thread::sleep_for(20ms); // its connections break before it is gone
        siginfo_t end{};
        if (::waitid(P_PID, static_cast<id_t>(process_.pid()), &end, WEXITED | WNOHANG | WNOWAIT) ==
                0 &&
            end.si_pid != 0)
            for (;;)
                process_.read_line(); // throws how it ended
        throw;
    }
}

const std::vector<std::string>& serving_peers() {
    static const std::vector<std::string> peers{"weft",   "threads", "boost.fiber", "state-threads",
                                                "asio",   "go",      "asyncio",     "uvloop",
                                                "gevent", "epoll"};
    return peers;
}

std::vector<std::string> service_command(const std::string& peer, const std::string& service) {
    if (peer == "epoll")
        return {"peer_epoll_" + service};
    if (peer == "go")
        return {"peer_go", service};
    return {peer_named(peer).program + "_" + service};
}

void warm_up(closed_loop& load) {
    load.open();
    load.drive(warm_up_limit, warm_up_answers);
}

void saturate(const serving_peer& server, closed_loop& load, std::chrono::duration<double> window,
              measurement& into) {
    const auto cpu_before = server.idle_cpu_time();
    const auto began = std::chrono::steady_clock::now();
    const auto answers = static_cast<double>(load.drive(window));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const std::chrono::duration<double> cpu = server.idle_cpu_time() - cpu_before;
    into.values["cpu_ns"] = cpu.count() * 1e9 / answers;
    into.values["per_second"] = answers / took.count();
    into.values["busy_percent"] = 100 * cpu / took;
    into.version = server.version();
}

entrant side(const std::string& peer, const std::string& program, measure run,
             const std::string& package) {
    known_peer needs = peer_named(peer);
    if (!package.empty())
        needs.package = package;
    return {.peer = peer,
            .run = std::move(run),
            .missing = [=] { return why_missing(needs, program).value_or(""); },
            .package = needs.package};
}

entrant saturating(const std::string& peer, const std::vector<std::string>& command,
                   const make_loop& make, const std::string& package) {
    auto run = [=](const request& wanted) {
        measurement result;
        serving_peer server(peer, command);
        server.attended([&] {
            const std::unique_ptr<closed_loop> load = make(server.port(), wanted.size);
            warm_up(*load);
            saturate(server, *load, wanted.window, result);
        });
        return result;
    };
    return side(peer, command.front(), run, package);
}

std::vector<figure> saturation_figures(const std::string& answer) {
    return {{"cpu_ns", "server CPU time of " + answer, "ns"},
            {.id = "per_second",
             .label = "as much as it can serve",
             .unit = "1/s",
             .less_is_better = false},
            {.id = "busy_percent",
             .label = "of that time, the server ran",
             .unit = "%",
             .compared = false}};
}

std::string descriptor_shortfall(std::int64_t connections) {
    const auto needed = static_cast<std::uint64_t>(connections + other_descriptors);
    const descriptor_limit limit = raise_descriptor_limit(needed);
    if (limit.enough())
        return "";
    return fmt::format("{} connections need {} descriptors, the limit is {}: raise it with "
                       "`sudo prlimit --pid $$ --nofile={}` in this shell",
                       connections, needed, limit.granted, needed);
}

} // namespace bench
