// SPDX-License-Identifier: BSL-1.0
// Where and with what the figures were made: enough to judge them and to make them again.
//
// Invariant: it is gathered when the run begins, and nothing in it can identify a person; the
// host's name stays out.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace bench {

// describe_machine returns processor, cores, memory, kernel, compiler, library versions, limits,
// date and the command line.
nlohmann::json describe_machine(const std::vector<std::string>& command);

} // namespace bench
