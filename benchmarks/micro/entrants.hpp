// SPDX-License-Identifier: BSL-1.0
// The runtimes that are compared, by the programs that speak for them, and how such a program is
// asked. A scenario takes this list and changes only what differs for it.
#pragma once

#include "benchmarks/micro/plan.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace micro {

// check: says whether an answer for that many operations can be right.
using check = std::function<bool(const answer&, std::int64_t operations)>;

// How long a peer's process lives: kept asks the same process in each round (warm caches and
// pools, as in a long-running program); fresh starts one for each measurement.
enum class process { kept, fresh };

// runtimes: those of these names, all asked the same command. There are weft, Boost.Fiber, Go,
// state-threads, std::thread, asyncio and uvloop.
std::vector<entrant> runtimes(const std::vector<std::string>& names, const std::string& command,
                              process life, std::int64_t operations, const check& right);

// all_runtimes: weft, Boost.Fiber, Go, state-threads and std::thread.
std::vector<entrant> all_runtimes(const std::string& command, process life, std::int64_t operations,
                                  const check& right);

// ask_runtime: the measure that asks one program one command.
measure ask_runtime(const std::string& program, const std::string& command, process life,
                    const check& right);

// outcome_of: a peer's answer in the terms of a plan. CPU time is what the whole peer has used
// since the question, unless the answer itself says what the counted phase of it took.
outcome outcome_of(const answer& got, std::int64_t operations, const peer& from);

// The entrant of that name in a list; it must be there.
entrant& named(std::vector<entrant>& entrants, const std::string& name);

} // namespace micro
