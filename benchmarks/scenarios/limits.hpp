// SPDX-License-Identifier: BSL-1.0
// What the system grants this process: descriptors, threads, mappings.
//
// Invariant: the descriptor limit is raised as far as the process may; the others are left alone
// and only reported, because what a side cannot reach under them is a result of the comparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct descriptor_limit {
    std::uint64_t needed = 0;
    std::uint64_t granted = 0;
    bool enough() const { return granted >= needed; }
};

// raise_descriptor_limit raises the soft limit to the hard one, and the hard one too where the
// process is privileged and `needed` is beyond it. Children inherit it.
descriptor_limit raise_descriptor_limit(std::uint64_t needed);

struct system_limit {
    std::string name;
    std::string value;
};

std::vector<system_limit> system_limits();

} // namespace bench
