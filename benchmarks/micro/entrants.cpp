// SPDX-License-Identifier: BSL-1.0
// One row for each runtime, and the process behind it.
#include "benchmarks/micro/entrants.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace micro {
namespace {

struct runtime {
    const char* name;
    const char* program;
    const char* package;
};

constexpr runtime known_runtimes[] = {
    {"weft", "peer_weft", ""},
    {"Boost.Fiber", "peer_boost_fiber", "libboost-fiber-dev"},
    {"Go", "peer_go", "golang-go"},
    {"state-threads", "peer_state_threads", "libst-dev"},
    {"std::thread", "peer_threads", ""},
    {"asyncio", "peer_asyncio", "python3"},
    {"uvloop", "peer_uvloop", "python3-uvloop"},
};

} // namespace

outcome outcome_of(const answer& got, std::int64_t operations, const peer& from) {
    outcome result{.spent_ns = static_cast<double>(got.nanoseconds),
                   .counters = got.counters,
                   .version = from.version()};
    double since_the_question =
        static_cast<double>(got.cpu.count()) / static_cast<double>(operations);
    result.counters.try_emplace(cpu_counter, since_the_question);
    return result;
}

measure ask_runtime(const std::string& program, const std::string& command, process life,
                    const check& right) {
    auto kept = std::make_shared<std::optional<peer>>();
    return [=](std::int64_t operations) {
        if (!kept->has_value()) {
            kept->emplace(std::vector<std::string>{program});
        }
        try {
            answer got = (*kept)->ask(command, operations);
            if (!right(got, operations)) {
                throw std::runtime_error(program + ": a wrong result for " + command + ": " +
                                         std::to_string(got.check));
            }
            outcome result = outcome_of(got, operations, **kept);
            if (life == process::fresh) {
                kept->reset();
            }
            return result;
        } catch (...) {
            kept->reset();
            throw;
        }
    };
}

std::vector<entrant> runtimes(const std::vector<std::string>& names, const std::string& command,
                              process life, std::int64_t operations, const check& right) {
    std::vector<entrant> list;
    for (const std::string& asked : names) {
        const auto* found =
            std::find_if(std::begin(known_runtimes), std::end(known_runtimes),
                         [&](const runtime& candidate) { return candidate.name == asked; });
        if (found == std::end(known_runtimes)) {
            throw std::logic_error("no runtime is called " + asked);
        }
        list.push_back({.name = asked,
                        .program = found->program,
                        .package = found->package,
                        .operations = operations,
                        .run = ask_runtime(found->program, command, life, right)});
    }
    return list;
}

std::vector<entrant> all_runtimes(const std::string& command, process life, std::int64_t operations,
                                  const check& right) {
    return runtimes({"weft", "Boost.Fiber", "Go", "state-threads", "std::thread"}, command, life,
                    operations, right);
}

entrant& named(std::vector<entrant>& entrants, const std::string& name) {
    return *std::find_if(entrants.begin(), entrants.end(),
                         [&](const entrant& one) { return one.name == name; });
}

} // namespace micro
