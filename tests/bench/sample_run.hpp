// SPDX-License-Identifier: BSL-1.0
// A run as a real machine could have given it: every kind of scenario, ten peers, sizes up to a
// million, peers that are missing, fall short or fail, noise that hides a difference.
//
// Invariant: the same on every machine and in every run.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench_test {

bench::run_record sample_run(std::uint64_t seed = 1, double slower = 1);

// A run of one scenario "switch" with one figure "cpu_ns" and one size, of these values.
struct sample_side {
    std::string peer;
    std::vector<double> values;
};
bench::run_record small_run(const std::vector<sample_side>&, std::int64_t size = 2);

} // namespace bench_test
