// SPDX-License-Identifier: BSL-1.0
// The runtimes that take part: how each is called, which programs speak for it, and what to install
// where it is missing.
//
// Invariant: each program of a peer is looked for by itself, and what is missing is named with its
// package, never left out silently.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct known_peer {
    std::string id;      // "boost.fiber", as typed after --against
    std::string name;    // "Boost.Fiber", as printed
    std::string program; // "peer_boost_fiber": answers the line protocol of ../peers/answering.hpp
    std::string package; // what to install where it is missing; empty: comes with weft-bench
    std::string module;  // the Python module without which the program is of no use; else empty
    bool of_self_checks = false; // no runtime, but a side of a scenario that checks the tool
};

const std::vector<known_peer>& known_peers();      // weft first
const known_peer& peer_named(std::string_view id); // throws std::invalid_argument, naming them all

// program_path: where a program lies: in the build folder's benchmarks/peers or in the
// installation's libexec/weft-bench; where WEFT_BENCH_PEERS names a folder, only there. Nothing
// when it is nowhere.
std::optional<std::string> program_path(const std::string& name);

// why_missing: what to install, in words, when the program is not there (or its Python module is
// not); nothing when it is there.
std::optional<std::string> why_missing(const known_peer&, const std::string& program);

} // namespace bench
