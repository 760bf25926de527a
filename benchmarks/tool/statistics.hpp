// SPDX-License-Identifier: BSL-1.0
// The middle of what was measured and how sure it is.
//
// Invariant: nothing is assumed about how values are spread. The interval of a median is that
// between two order statistics, whose confidence follows from the binomial distribution; where too
// few rounds allow 95 %, the interval is unknown and no difference is claimed. A ratio is made of
// positive values only: a round where one side failed, or told 0, has none.
#pragma once

#include "benchmarks/tool/run_record.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr double confidence = 0.95;
inline constexpr int fewest_rounds = 6;             // below, no interval of that confidence exists
inline constexpr double smallest_difference = 0.01; // below, a difference is nobody's business

struct estimate {
    double median = 0;
    double low = 0; // the interval; lowest and highest value where !known
    double high = 0;
    int rounds = 0;
    bool known = false; // there were rounds enough for an interval of the confidence above

    double width() const { return median == 0 ? 0 : (high - low) / std::abs(median); }
};

// median_of leaves out what is no number; nothing when none is left.
std::optional<estimate> median_of(std::vector<double> values);

// value_of: the figure over the rounds. ratio_of: of the first peer's to the second's, taken within
// each round, so that a machine that slows down for a while slows both.
std::optional<estimate> value_of(const point_record&, std::string_view peer,
                                 std::string_view figure);
std::optional<estimate> ratio_of(const point_record&, std::string_view peer,
                                 std::string_view against, std::string_view figure);

// change_of: the figure's ratio between two runs, whose rounds are no pairs: the median of all
// ratios between them, and the rank-sum interval (Hodges-Lehmann). `rounds` is that of the shorter
// run. Four rounds each are enough for an interval.
std::optional<estimate> change_of(const point_record& now, const point_record& base,
                                  std::string_view peer, std::string_view figure);

enum class verdict { less, more, no_difference };
verdict judge(const estimate& ratio); // no_difference: the interval holds 1, is unknown or too near

// The ranks behind the intervals, counted from 1: the interval reaches from the `rank`-th lowest
// value to the `rank`-th highest. 0: there are too few values for the confidence.
int median_rank(int values);
int rank_sum_rank(int first, int second); // among first * second ratios

} // namespace bench
