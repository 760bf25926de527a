// SPDX-License-Identifier: BSL-1.0
// trial: see the header.
#include "benchmarks/tool/trial.hpp"

#include "benchmarks/tool/child.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

namespace bench {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::vector<std::string> generator_args(const trial_settings& settings, int port, pid_t server) {
    return {"generate",
            fmt::format("--port={}", port),
            fmt::format("--connections={}", settings.connections),
            fmt::format("--in-flight={}", settings.in_flight),
            fmt::format("--warm-up={}", settings.warm_up.count()),
            fmt::format("--seconds={}", settings.seconds.count()),
            fmt::format("--server={}", server),
            fmt::format("--wait={}", settings.kind == load_kind::one_wait ? 1 : 0)};
}

std::map<std::string, double> numbers_in(const json& message) {
    std::map<std::string, double> numbers;
    for (const auto& [name, value] : message.items())
        if (value.is_number())
            numbers[name] = value.get<double>();
    return numbers;
}

std::string reason_in(const json& message, const child& server) {
    const std::string words = server.last_words();
    return words.empty() ? message.value("error", "") : words;
}

} // namespace

trial_outcome run_trial(const trial_settings& settings,
                        const std::function<void()>& while_waiting) {
    const std::string name(name_of(settings.which));
    child server("the server (" + name + ")", {"serve", "--side=" + name}, settings.server_cores);
    const int port = server.receive("listening", 10s, while_waiting).at("port");
    child generator("the load generator", generator_args(settings, port, server.pid()),
                    settings.generator_cores);
    generator.receive("ready", 10s, while_waiting);

    trial_outcome outcome;
    const memory_sample before = memory_of(server.pid());
    generator.send("connect");
    const json held = generator.receive("held", 60s, while_waiting);
    outcome.memory = memory_of(server.pid()) - before;
    outcome.held = held.at("held");
    outcome.values = numbers_in(held);
    if (outcome.held < settings.connections) {
        server.ensure_alive();
        outcome.shortfall = fmt::format("reached {} of {}: {}", grouped(outcome.held),
                                        grouped(settings.connections), reason_in(held, server));
    }
    if (settings.which == side::sockets || outcome.held == 0)
        return outcome;

    generator.send("go");
    const auto limit =
        30s + std::chrono::ceil<std::chrono::seconds>(settings.warm_up + settings.seconds);
    const json done = generator.receive("done", limit, while_waiting);
    outcome.values.merge(numbers_in(done));
    if (const int lost = done.at("lost"); lost > 0) {
        server.ensure_alive();
        if (!outcome.shortfall.empty())
            outcome.shortfall += "; ";
        outcome.shortfall +=
            fmt::format("lost {} under load: {}", grouped(lost), reason_in(done, server));
    }
    return outcome;
}

std::map<std::string, double> run_unit_costs(side which, std::chrono::duration<double> seconds,
                                             const std::vector<int>& cores,
                                             const std::function<void()>& while_waiting) {
    const std::string name(name_of(which));
    child process("the cost of " + name,
                  {"costs", "--side=" + name, fmt::format("--seconds={}", seconds.count())}, cores);
    return numbers_in(process.receive("done", 60s, while_waiting));
}

} // namespace bench
