// SPDX-License-Identifier: BSL-1.0
// What a program measures, as data: scenarios, who takes part in each, and the bars.
#pragma once

#include "benchmarks/micro/peer.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace micro {

// What one measurement came to. `spent_ns` is for all operations together.
struct outcome {
    double spent_ns = 0;
    std::map<std::string, double> counters;
    std::string version;
};

// The counter with the peer's CPU time per operation. Where nothing waits it equals the wall time
// on a quiet machine, and it stays right on one where other programs take the core for a while:
// the bars of such scenarios are judged by it.
inline constexpr const char* cpu_counter = "cpu_ns";

// measure does the work of one round: `operations` times whatever the scenario's operation is.
// Throws std::runtime_error when the peer fails or its check is wrong.
using measure = std::function<outcome(std::int64_t operations)>;

struct entrant {
    std::string name;            // as printed: "Boost.Fiber"
    std::string program;         // what must have been built: "peer_boost_fiber"
    std::string package;         // the Debian package whose absence explains a missing program
    std::int64_t operations = 0; // in one round; 0: as many as fill Google Benchmark's minimum time
    measure run;
};

struct column {
    std::string counter; // empty: the time per operation
    std::string heading;
};

struct scenario {
    std::string name;  // one word: "yield"
    std::string title; // what is measured, and what the figures count
    std::vector<column> columns;
    std::vector<entrant> entrants; // weft first
};

// A bar is passed when the measured value is at most `limit`. With `against` it is the ratio of
// `judged`'s value to that entrant's, without it `judged`'s value itself.
struct bar {
    std::string scenario;
    std::string counter; // empty: the time per operation
    std::string against;
    double limit = 0;
    std::string text; // what is judged: "resident bytes per parked task"
    std::string judged = "weft";
};

struct plan {
    std::string title;
    int rounds = 1;
    std::vector<scenario> scenarios = {};
    std::vector<bar> bars = {};
};

} // namespace micro
