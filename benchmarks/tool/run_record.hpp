// SPDX-License-Identifier: BSL-1.0
// What `weft-bench run` measured: every value of every round, and the words that explain them. It
// is what --json and --save write, --compare reads, and every report is made of.
//
// Invariant: it is self-contained, and nothing in it is derived: medians, ratios and verdicts are
// made from it in one place (statistics.hpp), so that table, page and JSON cannot disagree.
#pragma once

#include "benchmarks/scenarios/scenario.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using round_figures = std::optional<std::map<std::string, double>>; // nothing: failed or not run

struct side_record {
    std::string peer; // id
    std::string version;
    std::vector<round_figures> rounds; // as many as the point has rounds, in the order of rounds
    std::string shortfall;             // what it did not reach, or why it failed; else empty
};

struct point_record {
    std::int64_t size = 0;
    std::vector<side_record> sides; // weft first
    int rounds = 0;
    bool time_was_up = false; // the interval was still wide when its time was over
};

struct scenario_record {
    std::string name, title, about, not_shown, size_label;
    std::vector<figure> figures;
    std::vector<point_record> points;
    std::vector<std::string> absent; // "Go: missing; install golang-go", one for each entrant
};

struct peer_record {
    std::string id, name, version; // version: empty when it never answered
    std::string missing;           // what to install; empty when it is there
};

struct run_record {
    nlohmann::json machine; // machine.hpp: processor, kernel, governor, versions, date, command ...
    std::string mode;       // "quick", "full", "default"
    double seconds = 0;
    bool complete = true; // false: ended early by a signal
    std::vector<std::string> remarks;
    std::vector<peer_record> peers;
    std::vector<scenario_record> scenarios;
};

// Look-ups; nullptr where there is none.
const scenario_record* scenario_named(const run_record&, std::string_view name);
const point_record* point_of(const scenario_record&, std::int64_t size);
const side_record* side_of(const point_record&, std::string_view peer);
const peer_record* recorded_peer(const run_record&, std::string_view id);

// What was no number (a division by no time) is left out, as if it had not been told.
nlohmann::json to_json(const run_record&);
// Throws std::runtime_error, which says what is wrong and where: not such a file, made by a newer
// weft-bench, or damaged.
run_record run_from_json(const nlohmann::json&);

// The file's content and back. Words of peers that are no UTF-8 are written with replacement
// characters: a saved run can always be read. read_run's errors begin with `name`.
std::string json_text(const run_record&);
run_record read_run(std::string_view content, const std::string& name);

} // namespace bench
