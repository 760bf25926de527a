// SPDX-License-Identifier: BSL-1.0
// Servers that others' code is part of: Boost.Beast, a server that was written for threads and not
// changed, and as many bytes as a connection takes.
#include "benchmarks/scenarios/asking.hpp"
#include "benchmarks/scenarios/catalogue.hpp"
#include "benchmarks/scenarios/message_clients.hpp"
#include "benchmarks/scenarios/peers.hpp"
#include "benchmarks/scenarios/serving_peer.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

namespace {

using seconds = std::chrono::duration<double>;

// A closed loop that has its connections with it.
class owning_message_loop : private std::unique_ptr<message_clients>, public message_loop {
  public:
    owning_message_loop(unsigned port, std::int64_t count, exchange asked)
        : std::unique_ptr<message_clients>(std::make_unique<message_clients>(
              port, static_cast<int>(count), std::vector{std::move(asked)})),
          message_loop(**this) {}
};

std::unique_ptr<closed_loop> http_loop(unsigned port, std::int64_t clients) {
    return std::make_unique<owning_message_loop>(port, clients, http_exchange());
}

std::unique_ptr<closed_loop> echo_loop(unsigned port, std::int64_t clients) {
    return std::make_unique<owning_message_loop>(port, clients, echo_exchange());
}

scenario beast() {
    return {
        .name = "beast",
        .title = "An HTTP answer by Boost.Beast",
        .about = "The same Beast code, which parses the whole request and builds a response, on "
                 "weft's stream and on Boost.Asio's stackful coroutines, in a closed loop.",
        .not_shown = "Beast on callbacks or on C++20's coroutines, which Asio can do as well.",
        .size_label = "connections",
        .quick_sizes = {64},
        .full_sizes = {64, 1'000},
        .figures = saturation_figures("a request"),
        .entrants = {saturating("weft", {"peer_weft_beast"}, http_loop, "libboost-dev"),
                     saturating("asio", {"peer_asio_beast"}, http_loop)},
        .quick_window = seconds(0.05),
        .full_window = seconds(0.3),
    };
}

// weft's side also tells what the same server costs that is written with streams.
measurement ported_and_streams(const request& wanted) {
    const entrant ported = saturating("weft", {"peer_ported_echo"}, echo_loop);
    const entrant streams = saturating("weft", {"peer_weft_echo"}, echo_loop);
    measurement result = ported.run(wanted);
    const measurement other = streams.run(wanted);
    result.values["over_streams"] = result.values["cpu_ns"] / other.values.at("cpu_ns");
    return result;
}

scenario ported() {
    std::vector<figure> figures = saturation_figures("a message");
    figures.push_back({.id = "over_streams",
                       .label = "CPU time, as a multiple of the same server on weft's streams",
                       .unit = "",
                       .compared = false});
    return {
        .name = "ported",
        .title = "A server with a thread for each connection, unchanged, on tasks",
        .about = "One source, built twice: with std::thread and libc's recv and send, and with "
                 "weft::green::thread and libweft-interpose, where the same calls suspend a task. "
                 "An echo in a closed loop.",
        .not_shown = "What else a program does that was written for threads: see the scenario "
                     "mixed for one with a library.",
        .size_label = "connections",
        .quick_sizes = {64, 1'000},
        .full_sizes = {64, 1'000},
        .figures = std::move(figures),
        .entrants = {side("weft", "peer_ported_echo", ported_and_streams),
                     saturating("threads", {"peer_threads_echo"}, echo_loop)},
        .quick_window = seconds(0.05),
        .full_window = seconds(0.3),
    };
}

measurement send_mebibytes(const std::string& peer, const std::string& program,
                           const request& wanted) {
    peer_process process({program_path(program).value_or(program)});
    const answer got = process.ask("bulk", wanted.size);
    if (got.check != wanted.size * 1024 * 1024)
        throw std::runtime_error(peer + ": not all bytes came");
    const auto each = static_cast<double>(wanted.size);
    return {.values = {{"wall_ns", static_cast<double>(got.wall.count()) / each},
                       {"cpu_ns", static_cast<double>(got.cpu.count()) / each},
                       {"megabytes_per_second", got.counters.at("megabytes_per_second")}},
            .version = process.version(),
            .shortfall = {}};
}

scenario bulk() {
    const auto sending = [](const std::string& peer, const std::string& program) {
        return side(peer, program,
                    [=](const request& wanted) { return send_mebibytes(peer, program, wanted); });
    };
    return {
        .name = "bulk",
        .title = "Many bytes through one connection",
        .about = "A writer and a reader, each on a core of its own where there are two, in pieces "
                 "of 256 KiB over the loopback interface. An operation is a MiB.",
        .not_shown = "A network card. On one core, writer and reader take turns.",
        .size_label = "MiB",
        .quick_sizes = {256},
        .full_sizes = {1'024},
        .figures = {{"wall_ns", "time of a MiB", "ns"},
                    {"cpu_ns", "CPU time of a MiB, both ends", "ns"},
                    {.id = "megabytes_per_second",
                     .label = "throughput",
                     .unit = "MB/s",
                     .less_is_better = false}},
        .entrants = {sending("weft", "peer_weft_bulk"), sending("threads", "peer_threads_bulk")},
    };
}

} // namespace

std::vector<scenario> library_scenarios() {
    return {beast(), ported(), bulk()};
}

} // namespace bench
