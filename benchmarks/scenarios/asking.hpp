// SPDX-License-Identifier: BSL-1.0
// Scenarios that are one question to a runtime's program: `COMMAND N` in the words of
// ../peers/answering.hpp, with as many operations as fill the asked window.
//
// Invariant: each measurement is made by a fresh process, so that what the loader and the allocator
// happened to decide is part of the spread and not of the result. The peer takes the time itself.
#pragma once

#include "benchmarks/scenarios/peer_process.hpp"
#include "benchmarks/scenarios/scenario.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

// The figures of every answer: CPU time and wall time for an operation. "cpu_ns" is what the whole
// peer used since the question, unless the answer itself says what the counted phase took.
figure cpu_figure();  // id "cpu_ns", unit "ns"
figure wall_figure(); // id "wall_ns", unit "ns"

// check: says whether the number that came with an answer can be right.
using check = std::function<bool(std::int64_t check, std::int64_t operations, std::int64_t size)>;

struct question {
    std::string command; // "yield"; "{size}" in it is replaced: "with_timeout_{size}"
    check right;
    // operations: how many there are in one measurement of that size. Without it, or where it says
    // 0, the number is grown, in the same process and before anything counts, until it fills the
    // request's window.
    std::function<std::int64_t(std::int64_t size)> operations = {};
    std::int64_t multiple = 1; // grown numbers are multiples of this
};

// once_around: `times` operations for each of the size where that is large: a crowd that takes
// seconds to make is made once and not until it fills a window. Smaller ones: grown.
std::function<std::int64_t(std::int64_t)> once_around(std::int64_t times);

// ask_peers: an entrant for each of these peers (ids), all asked the same.
std::vector<entrant> ask_peers(const std::vector<std::string>& peers, const question&);

// limit_size keeps the sizes of one entrant at most `largest`, and says why.
void limit_size(std::vector<entrant>&, const std::string& peer, std::int64_t largest,
                const std::string& why);

} // namespace bench
