// SPDX-License-Identifier: BSL-1.0
// What can be measured, as data: a scenario, the sizes it is measured at, and who takes part. The
// same scenarios serve `weft-bench run` and the bars that weft is held to.
//
// Invariant: an entrant measures only itself, once for each call, in processes of its own; rounds,
// order, statistics and reports belong to whoever calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

// One thing that a measurement tells. The first figure of a scenario is the one that verdicts are
// about.
struct figure {
    std::string id;    // the key in the JSON: "cpu_ns"
    std::string label; // "CPU time of an operation"
    std::string unit;  // "ns", "us", "ms", "B", "1/s", "%"; empty for counts
    bool less_is_better = true;
    bool compared = true; // ratios are made of it; the others are only told
};

// What is asked of one measurement.
struct request {
    std::int64_t size = 0;                      // one of the scenario's sizes
    std::chrono::duration<double> window{0.05}; // how long the counted part should last
    std::vector<std::string> peers = {};        // that take part in the run; empty: all there are
};

struct measurement {
    std::map<std::string, double> values; // by figure id; what this machine cannot tell is left out
    std::string version;                  // of the runtime, in its own words
    std::string shortfall;                // what was asked for and not reached, and why; else empty
};

// measure does one measurement. Throws std::runtime_error when the peer fails or its check is
// wrong.
using measure = std::function<measurement(const request&)>;

struct entrant {
    std::string peer; // an id of peers.hpp: "boost.fiber"
    measure run;
    std::function<std::string()> missing = {}; // why it cannot run here, and what to do, or empty
    std::string package = {}; // Debian's, whose absence explains that; empty: part of weft-bench
    std::int64_t largest = 0; // sizes above are left out; 0: none are
    std::string why_largest =
        {}; // "a thread needs 16 KiB of the kernel's memory, the limit is 32,768"
};

struct scenario {
    std::string name;       // as typed: "ping_pong"
    std::string title;      // "Two tasks wake each other"
    std::string about;      // what is done and what the figures count, in sentences
    std::string not_shown;  // what the reader must not take from it
    std::string size_label; // what the sizes count: "connections"; empty when there is one size
    std::vector<std::int64_t> quick_sizes;
    std::vector<std::int64_t> full_sizes;
    std::vector<figure> figures;
    std::vector<entrant> entrants; // weft first
    std::chrono::duration<double> quick_window{0.02};
    std::chrono::duration<double> full_window{0.1};
    // What all measurements of a run have in common and is no part of any: done before the first of
    // them, for the peers that take part. Optional for the caller; what it throws, they will throw.
    std::function<void(const std::vector<std::string>& peers)> prepare = {};
    bool only_by_name = false; // not part of a run of everything: checks of the tool itself
};

} // namespace bench
