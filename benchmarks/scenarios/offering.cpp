// SPDX-License-Identifier: BSL-1.0
// offering: see the header.
#include "benchmarks/scenarios/offering.hpp"

#include <thread>

namespace bench {

namespace {

struct percentile {
    const char* id;
    const char* label;
    double share;
};

// What makes the generator late is the machine and not the server, so that a part in which it was
// is dropped and made again.
constexpr int attempts = 3;

// After the closed loop each connection owes an acknowledgement, which the kernel sends by a timer
// 40 ms later: for a thousand of them it keeps a core for a millisecond. Few are not worth the
// wait.
constexpr std::chrono::milliseconds acknowledged_after{45};
constexpr int few_connections = 256;

constexpr percentile percentiles[] = {
    {"p50_us", "median", 0.5},
    {"p90_us", "90 % within", 0.9},
    {"p99_us", "99 % within", 0.99},
    {"p999_us", "99.9 % within", 0.999},
};

} // namespace

std::vector<figure> latency_figures(const std::string& prefix, const std::string& of) {
    std::vector<figure> figures;
    for (const percentile& each : percentiles)
        figures.push_back({prefix + each.id, of + ": " + each.label, "us"});
    figures.push_back({.id = prefix + "max_us",
                       .label = of + ": the longest",
                       .unit = "us",
                       .compared = false}); // of a few rounds, it is chance
    return figures;
}

void tell_latencies(const std::string& prefix, latencies& times, measurement& into) {
    for (const percentile& each : percentiles)
        if (const auto value = times.not_exceeded_by(each.share))
            into.values[prefix + each.id] = *value;
    if (const auto value = times.longest())
        into.values[prefix + "max_us"] = *value;
}

std::vector<figure> offered_figures() {
    std::vector<figure> figures{
        {"offered_cpu_ns", "server CPU time of an answer at the offered rate", "ns"}};
    for (figure& each : latency_figures("", "latency at the offered rate"))
        figures.push_back(std::move(each));
    figures.push_back(
        {.id = "offered_per_second", .label = "offered rate", .unit = "1/s", .compared = false});
    figures.push_back({.id = "generator_late_us",
                       .label = "the load generator itself was late: 99 % within",
                       .unit = "us",
                       .compared = false});
    return figures;
}

offered_result offer_and_tell(const serving_peer& server, message_clients& clients,
                              double per_second, std::chrono::duration<double> window,
                              measurement& into) {
    std::chrono::nanoseconds cpu_before{};
    offered_result result;
    if (clients.count() >= few_connections)
        std::this_thread::sleep_for(acknowledged_after);
    for (int attempt = 0; attempt < attempts; ++attempt) {
        cpu_before = server.idle_cpu_time();
        result = offer(clients, per_second, window);
        if (result.kept_rate || result.answered < result.planned)
            break;
    }
    const std::chrono::duration<double, std::nano> cpu = server.idle_cpu_time() - cpu_before;
    into.version = server.version();
    into.shortfall = result.shortfall();
    into.values["offered_per_second"] = per_second;
    if (const auto late = result.lateness.not_exceeded_by(0.99))
        into.values["generator_late_us"] = *late;
    if (result.answered > 0)
        into.values["offered_cpu_ns"] = cpu.count() / static_cast<double>(result.answered);
    if (into.shortfall.empty()) {
        latencies all;
        for (auto& [kind, times] : result.answers)
            all.add(times);
        tell_latencies("", all, into);
    }
    return result;
}

} // namespace bench
