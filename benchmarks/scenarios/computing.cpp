// SPDX-License-Identifier: BSL-1.0
// Work for the processor beside requests that need none: what fibers and every other loop on one
// thread are bad at, and the remedy.
#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/message_clients.hpp"
#include "benchmarks/scenarios/offering.hpp"
#include "benchmarks/scenarios/serving_peer.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

// 250 of 2,000 requests a second compute for a millisecond: a quarter of a core.
constexpr double per_second = 2'000;
constexpr int clients_for_one = 8;
constexpr int connections = 64;
constexpr double work_ms = 1;
enum kind { light, heavy };

std::vector<exchange> mix(const std::string& path) {
    std::vector<exchange> all(clients_for_one, http_exchange());
    all.back() = http_exchange(path);
    all.back().kind = heavy;
    return all;
}

measurement offer_mix(const std::string& peer, const std::string& path, const request& wanted) {
    measurement result;
    serving_peer server(peer, service_command(peer, "http"));
    message_clients clients(server.port(), connections, mix(path));
    server.attended([&] {
        {
            message_loop load(clients);
            load.open();
        }
        offered_result got = offer_and_tell(server, clients, per_second, wanted.window, result);
        const auto computed = static_cast<double>(got.answers[heavy].count());
        const double cpu_ms =
            result.values["offered_cpu_ns"] * 1e-6 * static_cast<double>(got.answered);
        if (cpu_ms < 0.7 * work_ms * computed)
            throw std::runtime_error(peer + ": did not compute what it answered for");
        for (const figure& all : latency_figures("", ""))
            result.values.erase(all.id);
        if (result.shortfall.empty()) {
            tell_latencies("", got.answers[light], result);
            tell_latencies("computing_", got.answers[heavy], result);
        }
    });
    return result;
}

std::vector<figure> mixed_latencies() {
    std::vector<figure> figures;
    for (figure& each : latency_figures("", "requests that only ask"))
        if (each.id == "p90_us") // what they suffer is the point
            figures.insert(figures.begin(), std::move(each));
        else
            figures.push_back(std::move(each));
    for (figure& each : latency_figures("computing_", "requests that compute"))
        figures.push_back(std::move(each));
    for (figure& each : offered_figures())
        if (each.id == "offered_cpu_ns" || each.id == "offered_per_second" ||
            each.id == "generator_late_us")
            figures.push_back(std::move(each));
    return figures;
}

scenario computing_at(const std::string& path, std::string name, std::string title,
                      std::string about, std::string not_shown,
                      const std::vector<std::string>& peers) {
    scenario one{
        .name = std::move(name),
        .title = std::move(title),
        .about = std::move(about),
        .not_shown = std::move(not_shown),
        .size_label = "",
        .quick_sizes = {connections},
        .full_sizes = {connections},
        .figures = mixed_latencies(),
        .entrants = {},
        .quick_window = seconds(0.1),
        .full_window = seconds(0.6),
    };
    for (const std::string& peer : peers)
        one.entrants.push_back(
            side(peer, service_command(peer, "http").front(),
                 [=](const request& wanted) { return offer_mix(peer, path, wanted); }));
    return one;
}

} // namespace

std::vector<scenario> computing_scenarios() {
    return {
        computing_at(
            "/compute", "computing", "Requests beside others that compute for a millisecond",
            "HTTP on 64 connections at 2,000 requests a second. Every eighth computes for 1 ms "
            "where it is served, a quarter of the core in all; the first figure is what nine "
            "tenths of the others stay within. On one thread they wait until the computing is "
            "over, with "
            "weft as with every event loop: fibers do not help here. Threads are interrupted by "
            "the kernel.",
            "That computing is done faster anywhere: it is the same work on one core. What more "
            "cores would do for threads.",
            serving_peers()),
        computing_at(
            "/apart", "computing_apart",
            "Requests beside others whose computing is handed to a thread",
            "As computing, but the millisecond of work is handed to a thread: weft::to_thread, "
            "Boost.Asio's thread_pool, asyncio.to_thread, gevent's threadpool. std::thread and Go "
            "do as before.",
            "More than one core. Python's threads share one lock, so that its loop still waits for "
            "them.",
            {"weft", "threads", "asio", "go", "asyncio", "uvloop", "gevent"}),
    };
}

} // namespace bench
