// SPDX-License-Identifier: BSL-1.0
// Many clients that come at once: all of them wait in the server, or each comes for one answer.
#include "benchmarks/peers/http_answer.hpp"
#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/message_clients.hpp"
#include "benchmarks/scenarios/serving_peer.hpp"
#include "benchmarks/scenarios/visit_loop.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

// All are connected before, and have had an answer.
measurement wait_at_once(const std::string& peer, const request& wanted) {
    measurement result;
    result.shortfall = descriptor_shortfall(wanted.size);
    if (!result.shortfall.empty())
        return result;
    serving_peer server(peer, service_command(peer, "http"));
    message_clients clients(server.port(), static_cast<int>(wanted.size), {http_exchange()});
    server.attended([&] {
        message_loop load(clients);
        load.open();
        clients.use({http_exchange("/wait")});
        const auto cpu_before = server.idle_cpu_time();
        const closed_loop::round all = load.at_once();
        const milliseconds cpu = server.idle_cpu_time() - cpu_before;
        const auto [shortest, longest] = std::minmax_element(all.times.begin(), all.times.end());
        // libuv counts from when its turn of the loop began, so that what it answers comes early.
        if (*shortest < peers::wait_time / 2)
            throw std::runtime_error(peer + ": answered before its time was over");
        result.values["wall_ms"] = milliseconds(all.all).count();
        result.values["cpu_ms"] = cpu.count();
        result.values["slowest_ms"] = milliseconds(*longest).count();
        result.values["answered"] = static_cast<double>(all.times.size());
    });
    result.version = server.version();
    return result;
}

scenario waiting() {
    scenario one{
        .name = "waiting",
        .title = "Requests at once, each of which waits for 100 ms",
        .about = "Every client is connected and asks at the same time; the server waits 100 ms for "
                 "each, as it would for a database, and answers. The wall time runs from the first "
                 "request to the last answer, and cannot be less than 100 ms.",
        .not_shown = "What else such a request would do. The memory that the waiting costs is the "
                     "scenario memory's.",
        .size_label = "requests at once",
        .quick_sizes = {1'000},
        .full_sizes = {1'000, 10'000},
        .figures = {{"wall_ms", "until the last answer", "ms"},
                    {"cpu_ms", "server CPU time of them all", "ms"},
                    {"slowest_ms", "the slowest request", "ms"},
                    {.id = "answered",
                     .label = "answered",
                     .unit = "",
                     .less_is_better = false,
                     .compared = false}},
        .entrants = {},
    };
    for (const std::string& peer : serving_peers())
        one.entrants.push_back(
            side(peer, service_command(peer, "http").front(),
                 [peer](const request& wanted) { return wait_at_once(peer, wanted); }));
    return one;
}

scenario connect() {
    scenario one{
        .name = "connect",
        .title = "A connection for one answer",
        .about = "Each client connects, asks, reads the answer and closes, so many at a time in a "
                 "closed loop: what it costs the server to take a connection, start a task, thread "
                 "or handler for it, answer once and let go.",
        .not_shown = "A handshake over a network, or with TLS. The clients end with a reset, which "
                     "leaves nothing behind; others would leave a port to wait.",
        .size_label = "at a time",
        .quick_sizes = {64},
        .full_sizes = {64, 1'000},
        .figures = saturation_figures("a connection"),
        .entrants = {},
        .quick_window = std::chrono::duration<double>(0.05),
        .full_window = std::chrono::duration<double>(0.3),
    };
    for (const std::string& peer : serving_peers())
        one.entrants.push_back(
            saturating(peer,
                       peer == "weft" ? std::vector<std::string>{"peer_weft_connections"}
                                      : service_command(peer, "http"),
                       [](unsigned port, std::int64_t size) {
                           return std::make_unique<visit_loop>(port, static_cast<int>(size));
                       }));
    return one;
}

} // namespace

std::vector<scenario> crowd_scenarios() {
    return {waiting(), connect()};
}

} // namespace bench
