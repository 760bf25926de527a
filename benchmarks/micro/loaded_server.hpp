// SPDX-License-Identifier: BSL-1.0
// A server as an entrant: its process on one core, a load of some kind on another, and what it
// spends on it. CPU time comes from the process's own clock (nanoseconds, ended threads included),
// read while the server is idle, before and after a round; a warm-up is not in it.
#pragma once

#include "benchmarks/micro/peer.hpp"
#include "benchmarks/micro/plan.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace micro {

// A server that has said its port, and a Load on it: Load(port, clients) and drive(count).
template <class Load>
struct loaded_server {
    static constexpr std::int64_t warm_up = 2'000;

    loaded_server(const std::vector<std::string>& command_line, int clients)
        : process(command_line), load(port(process.read_line()), clients) {
        load.drive(warm_up);
    }

    static unsigned port(const std::string& line) {
        if (!line.starts_with("port ")) {
            throw std::runtime_error("the server names no port");
        }
        return static_cast<unsigned>(std::stoul(line.substr(5)));
    }

    // The last answer has left the server before it is idle again; this is its time to get there.
    std::chrono::nanoseconds idle_cpu_time() const {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return process.cpu_time();
    }

    outcome serve(std::int64_t count) {
        const auto cpu_before = idle_cpu_time();
        const auto began = std::chrono::steady_clock::now();
        load.drive(count);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        const std::chrono::duration<double> cpu = idle_cpu_time() - cpu_before;
        return {.spent_ns = cpu.count() * 1e9,
                .counters = {{"per_second", static_cast<double>(count) / took.count()},
                             {"busy_percent", 100 * cpu / took}},
                .version = process.version()};
    }

    peer process;
    Load load;
};

template <class Load>
entrant server_under_load(const std::string& name, const std::string& package,
                          const std::vector<std::string>& command_line, int clients,
                          std::int64_t operations) {
    auto kept = std::make_shared<std::optional<loaded_server<Load>>>();
    auto run = [=](std::int64_t count) {
        try {
            if (!kept->has_value()) {
                kept->emplace(command_line, clients);
            }
            return (*kept)->serve(count);
        } catch (...) {
            kept->reset();
            throw;
        }
    };
    return {.name = name,
            .program = command_line.front(),
            .package = package,
            .operations = operations,
            .run = run};
}

} // namespace micro
