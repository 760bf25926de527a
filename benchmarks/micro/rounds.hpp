// SPDX-License-Identifier: BSL-1.0
// Runs a plan: a round measures every entrant of every scenario once, in an order that Google
// Benchmark shuffles anew for each round, and the rounds are repeated.
//
// One round at a time, and not Google Benchmark's own repetitions, so that the values that are
// divided by one another were taken within seconds of each other.
#pragma once

#include "benchmarks/micro/plan.hpp"

namespace micro {

// run_plan is main() of each program here. Besides Google Benchmark's own options it takes
// --rounds=N and --bars=FILE (see summary.hpp). Returns 1 when a bar is missed.
int run_plan(int argc, char** argv, const plan& what);

} // namespace micro
