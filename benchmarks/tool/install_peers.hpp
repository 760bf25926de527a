// SPDX-License-Identifier: BSL-1.0
// `--install-peers`: the packages of missing peers, by apt, and the peers built with them.
//
// Invariant: nothing is installed but what was named on the terminal, and only as root or through
// sudo; where that cannot be, the line to type is what the error says.
#pragma once

#include "benchmarks/scenarios/scenario.hpp"

#include <string>
#include <vector>

namespace bench {

// install_missing_peers returns when nothing was missing; otherwise it installs, brings a build
// folder up to date, and starts this program again with the same command line. Throws
// std::runtime_error when that cannot be done.
void install_missing_peers(const std::vector<scenario>& catalogue,
                           const std::vector<std::string>& command);

} // namespace bench
