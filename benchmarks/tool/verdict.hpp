// SPDX-License-Identifier: BSL-1.0
// What the figures say, in words.
//
// Invariant: every word is computed from the figures. Where threads win or no difference shows, the
// verdict says so as plainly as the opposite.
#pragma once

#include "benchmarks/tool/results.hpp"

#include <string>
#include <utility>

namespace bench {

std::string factor(double ratio); // "1.53x", "7.2x", "120x"

// comparison_of says how the fibers' figure stands to the threads': "1.53x more", "7.2x less",
// "about equal". "-" when one of them is missing.
std::string comparison_of(const measured_case&, const metric&);

// advantage_in_words turns the ends of a ratio's spread into the direction that comparison_of
// speaks in: when threads are better, how many times better they are.
std::pair<double, double> advantage_in_words(const spread& advantage);

std::string verdict_of(const block&);

} // namespace bench
