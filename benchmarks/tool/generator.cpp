// SPDX-License-Identifier: BSL-1.0
// generator: see the header.
#include "benchmarks/tool/generator.hpp"

#include "benchmarks/tool/connection_set.hpp"
#include "benchmarks/tool/process_usage.hpp"
#include "benchmarks/tool/protocol.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

namespace bench {

namespace {

using clock = connection_set::clock;
using seconds = std::chrono::duration<double>;

constexpr int opening_window = 64;
constexpr std::chrono::milliseconds silence_limit{5'000};

void tell(const nlohmann::json& message) {
    fmt::print("{}\n", message.dump());
    std::fflush(stdout);
}

// await ends the process quietly when the parent has gone or wants something else.
void await(std::string_view word) {
    std::string line;
    if (!std::getline(std::cin, line) || line != word)
        std::exit(1);
}

double microseconds(clock::duration time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

// percentile reorders its argument. Null when there are no values.
nlohmann::json percentile(std::vector<float>& values, double share) {
    if (values.empty())
        return nullptr;
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank),
                     values.end());
    return values[rank];
}

struct window_usage { // both ends of the measured window
    clock::time_point time;
    std::chrono::nanoseconds server;
    std::chrono::nanoseconds generator;
};

window_usage usage_now(pid_t server) {
    return {clock::now(), processor_time(server), processor_time(::getpid())};
}

nlohmann::json run_closed_loop(connection_set& connections, const load_settings& settings) {
    std::vector<float> latencies;
    latencies.reserve(2'000'000);
    bool measuring = false;
    clock::time_point last_answer = clock::now();
    const auto on_answer = [&](clock::time_point sent, clock::time_point answered) {
        if (measuring)
            latencies.push_back(static_cast<float>(microseconds(answered - sent)));
        last_answer = answered;
        connections.send_next(short_request);
    };
    const auto run_until = [&](clock::time_point end) {
        while (last_answer < end && connections.busy() > 0) {
            if (!connections.take_answers(silence_limit, on_answer))
                break;
        }
    };

    for (int i = 0; i < settings.in_flight; ++i)
        connections.send_next(short_request);
    run_until(clock::now() + std::chrono::duration_cast<clock::duration>(settings.warm_up));
    const window_usage begin = usage_now(settings.server);
    measuring = true;
    run_until(begin.time + std::chrono::duration_cast<clock::duration>(settings.seconds));
    const window_usage end = usage_now(settings.server);

    const double wall = seconds(end.time - begin.time).count();
    const auto requests = latencies.size();
    nlohmann::json result{
        {"event", "done"},
        {"requests", requests},
        {"requests_per_second", static_cast<double>(requests) / wall},
        {"latency_p50_us", percentile(latencies, 0.50)},
        {"latency_p99_us", percentile(latencies, 0.99)},
        {"latency_max_us", percentile(latencies, 1.0)},
        {"server_busy_percent", 100 * seconds(end.server - begin.server).count() / wall},
        {"generator_busy_percent", 100 * seconds(end.generator - begin.generator).count() / wall},
    };
    if (requests > 0)
        result["server_cpu_us"] =
            microseconds(end.server - begin.server) / static_cast<double>(requests);
    return result;
}

nlohmann::json run_one_wait(connection_set& connections, const load_settings& settings) {
    int answered = 0;
    clock::duration slowest{};
    const auto on_answer = [&](clock::time_point sent, clock::time_point at) {
        ++answered;
        slowest = std::max(slowest, at - sent);
    };
    const auto begin = clock::now();
    const auto cpu_begin = processor_time(settings.server);
    while (connections.send_next(waiting_request)) {
    }
    while (connections.busy() > 0 && connections.take_answers(silence_limit, on_answer)) {
    }
    const double wall = seconds(clock::now() - begin).count();
    const double cpu = seconds(processor_time(settings.server) - cpu_begin).count();
    return {{"event", "done"},
            {"answered", answered},
            {"wall_ms", 1000 * wall},
            {"server_cpu_ms", 1000 * cpu},
            {"slowest_ms", microseconds(slowest) / 1000}};
}

} // namespace

void generate_load(const load_settings& settings) {
    connection_set connections(settings.port, settings.connections);
    tell({{"event", "ready"}});
    await("connect");
    const auto begin = clock::now();
    const auto cpu_begin = processor_time(settings.server);
    connections.open(opening_window);
    const double cpu = seconds(processor_time(settings.server) - cpu_begin).count();
    tell({{"event", "held"},
          {"held", connections.idle()},
          {"connect_ms", 1000 * seconds(clock::now() - begin).count()},
          {"connect_server_cpu_ms", 1000 * cpu},
          {"error", connections.first_error()}});
    await("go");
    const int lost_before = connections.lost();
    nlohmann::json result = settings.kind == load_kind::one_wait
                                ? run_one_wait(connections, settings)
                                : run_closed_loop(connections, settings);
    // What never came counts as lost as well.
    result["lost"] = connections.lost() - lost_before +
                     (settings.kind == load_kind::one_wait ? connections.busy() : 0);
    result["error"] = connections.first_error();
    tell(result);
}

} // namespace bench
