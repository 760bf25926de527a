// SPDX-License-Identifier: BSL-1.0
// The loop over the rounds, and what the programs' command lines share.
#include "benchmarks/micro/rounds.hpp"

#include "benchmarks/micro/collector.hpp"
#include "benchmarks/micro/summary.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <signal.h>
#include <sys/utsname.h>

namespace micro {
namespace {

// Google Benchmark decides how many operations a round has and gets them done in one batch: the
// peer does the loop and takes the time itself.
void measure_batch(benchmark::State& state, const measure& run) {
    auto operations = state.max_iterations;
    while (state.KeepRunningBatch(operations)) {
        try {
            outcome got = run(operations);
            state.SetIterationTime(got.spent_ns / 1e9);
            state.SetLabel(got.version);
            for (const auto& [name, value] : got.counters) {
                state.counters[name] = value;
            }
        } catch (const std::exception& error) {
            state.SkipWithError(error.what());
            break;
        }
    }
}

void register_entrants(const plan& what) {
    for (const scenario& which : what.scenarios) {
        for (const entrant& one : which.entrants) {
            if (!std::filesystem::exists(program_path(one.program))) {
                continue; // the summary names it
            }
            auto name = which.name + "/" + one.name;
            auto run = [&one](benchmark::State& state) { measure_batch(state, one.run); };
            auto* registered = benchmark::RegisterBenchmark(name.c_str(), run);
            registered->UseManualTime();
            if (one.operations > 0) {
                registered->Iterations(one.operations);
            }
        }
    }
}

// Takes "--name=value" out of the arguments.
std::string take_option(std::vector<char*>& arguments, std::string_view name) {
    for (auto found = arguments.begin(); found != arguments.end(); ++found) {
        std::string_view text = *found;
        if (text.starts_with(name) && text.substr(name.size()).starts_with("=")) {
            arguments.erase(found);
            return std::string(text.substr(name.size() + 1));
        }
    }
    return "";
}

std::string heading(const plan& what, int rounds) {
    utsname system{};
    ::uname(&system);
    std::string text = what.title + ": " + std::to_string(rounds) + " rounds, " + system.sysname +
                       " " + system.release + ", peers on the first core";
#ifndef NDEBUG
    text += "\nthis is a debug build: the figures mean nothing";
#endif
    return text;
}

} // namespace

int run_plan(int argc, char** argv, const plan& what) {
    std::vector<char*> arguments(argv, argv + argc);
    std::string asked_rounds = take_option(arguments, "--rounds");
    std::string bars_file = take_option(arguments, "--bars");
    std::string json_file = take_option(arguments, "--benchmark_out");
    int rounds = asked_rounds.empty() ? what.rounds : std::atoi(asked_rounds.c_str());

    // Defaults come first, so that the user's own options win.
    std::string shuffled = "--benchmark_enable_random_interleaving=true";
    std::string minimum = "--benchmark_min_time=0.1";
    arguments.insert(arguments.begin() + 1, {shuffled.data(), minimum.data()});
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) {
        return 2;
    }
    ::signal(SIGPIPE, SIG_IGN);
    keep_to_own_core();
    register_entrants(what);

    results found;
    collector reporter(found, heading(what, rounds), json_file);
    for (int round = 1; round <= rounds; ++round) {
        reporter.begin_round(round, rounds);
        benchmark::RunSpecifiedBenchmarks(&reporter);
        if (found.empty()) {
            return 0; // only listed, or nothing matched the filter
        }
    }
    reporter.end();
    return print_summary(what, found, bars_file) ? 0 : 1;
}

} // namespace micro
