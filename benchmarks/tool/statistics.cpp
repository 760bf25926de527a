// SPDX-License-Identifier: BSL-1.0
// statistics: see the header.
#include "benchmarks/tool/statistics.hpp"

#include <algorithm>

namespace bench {

namespace {

constexpr double tail = (1 - confidence) / 2; // what may lie beyond either end of an interval
constexpr double two_sided_normal = 1.959963984540054;
constexpr int most_exact = 2500; // pairs: beyond, the normal distribution is as good

double middle_of(const std::vector<double>& sorted) {
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

estimate between_ranks(const std::vector<double>& sorted, int rank, int rounds) {
    const auto from_end = static_cast<std::size_t>(std::max(rank, 1));
    return {middle_of(sorted), sorted[from_end - 1], sorted[sorted.size() - from_end], rounds,
            rank > 0};
}

bool is_number(double value) {
    return std::isfinite(value);
}

std::optional<double> told(const round_figures& round, std::string_view figure) {
    if (!round)
        return std::nullopt;
    const auto found = round->find(std::string(figure));
    if (found == round->end() || !is_number(found->second))
        return std::nullopt;
    return found->second;
}

std::vector<double> all_told(const point_record& from, std::string_view peer,
                             std::string_view figure) {
    std::vector<double> values;
    if (const side_record* side = side_of(from, peer))
        for (const round_figures& round : side->rounds)
            if (const auto value = told(round, figure))
                values.push_back(*value);
    return values;
}

std::vector<double> positive(std::vector<double> values) {
    std::erase_if(values, [](double value) { return value <= 0; });
    return values;
}

// How many of the orders of `first` and `second` values have each rank sum (counted from its
// least), as shares of all orders, for sums up to `most`.
std::vector<double> rank_sum_shares(int first, int second, int most) {
    const auto sums = static_cast<std::size_t>(most) + 1;
    // shares[m] is that of m of the first among n of the second; n grows from row to row. Which
    // side the highest value belongs to: the first with m / (m + n), and then it stands above n.
    std::vector<std::vector<double>> shares(static_cast<std::size_t>(first) + 1,
                                            std::vector<double>(sums, 0));
    for (auto& row : shares)
        row[0] = 1;
    for (int n = 1; n <= second; ++n)
        for (int m = 1; m <= first; ++m) {
            auto& with = shares[static_cast<std::size_t>(m)];
            const auto& without = shares[static_cast<std::size_t>(m) - 1];
            const double highest_is_first = static_cast<double>(m) / (m + n);
            for (std::size_t sum = 0; sum < sums; ++sum) {
                const auto above = static_cast<std::size_t>(n);
                with[sum] = (1 - highest_is_first) * with[sum] +
                            (sum >= above ? highest_is_first * without[sum - above] : 0);
            }
        }
    return shares.back();
}

} // namespace

int median_rank(int values) {
    // The share of samples with fewer than `rank` values below the median may reach `tail`.
    double logarithm = -values * std::log(2.0); // of the chance of exactly `rank` below
    double below = std::exp(logarithm);
    int rank = 0;
    while (rank < values / 2 && below <= tail) {
        ++rank;
        logarithm += std::log(static_cast<double>(values - rank + 1) / rank);
        below += std::exp(logarithm);
    }
    return rank;
}

int rank_sum_rank(int first, int second) {
    const int pairs = first * second;
    if (pairs > most_exact) {
        const double deviation = std::sqrt(pairs * (first + second + 1.0) / 12);
        return static_cast<int>(std::floor(pairs / 2.0 - two_sided_normal * deviation));
    }
    if (pairs == 0)
        return 0;
    const std::vector<double> shares = rank_sum_shares(first, second, pairs / 2);
    double below = 0;
    int rank = 0;
    while (rank < pairs / 2 && (below += shares[static_cast<std::size_t>(rank)]) <= tail)
        ++rank;
    return rank;
}

std::optional<estimate> median_of(std::vector<double> values) {
    std::erase_if(values, [](double value) { return !is_number(value); });
    if (values.empty())
        return std::nullopt;
    std::sort(values.begin(), values.end());
    const auto count = static_cast<int>(values.size());
    return between_ranks(values, median_rank(count), count);
}

std::optional<estimate> value_of(const point_record& self, std::string_view peer,
                                 std::string_view figure) {
    return median_of(all_told(self, peer, figure));
}

std::optional<estimate> ratio_of(const point_record& self, std::string_view peer,
                                 std::string_view against, std::string_view figure) {
    const side_record* ours = side_of(self, peer);
    const side_record* theirs = side_of(self, against);
    if (ours == nullptr || theirs == nullptr)
        return std::nullopt;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(ours->rounds.size(), theirs->rounds.size()); ++i) {
        const auto our = told(ours->rounds[i], figure);
        const auto their = told(theirs->rounds[i], figure);
        if (our && their && *our > 0 && *their > 0)
            ratios.push_back(*our / *their);
    }
    return median_of(std::move(ratios));
}

std::optional<estimate> change_of(const point_record& now, const point_record& base,
                                  std::string_view peer, std::string_view figure) {
    const std::vector<double> ours = positive(all_told(now, peer, figure));
    const std::vector<double> theirs = positive(all_told(base, peer, figure));
    if (ours.empty() || theirs.empty())
        return std::nullopt;
    std::vector<double> ratios;
    ratios.reserve(ours.size() * theirs.size());
    for (const double our : ours)
        for (const double their : theirs)
            ratios.push_back(our / their);
    std::sort(ratios.begin(), ratios.end());
    const auto first = static_cast<int>(ours.size());
    const auto second = static_cast<int>(theirs.size());
    return between_ranks(ratios, rank_sum_rank(first, second), std::min(first, second));
}

verdict judge(const estimate& ratio) {
    if (!ratio.known || std::abs(ratio.median - 1) < smallest_difference)
        return verdict::no_difference;
    if (ratio.high < 1)
        return verdict::less;
    return ratio.low > 1 ? verdict::more : verdict::no_difference;
}

} // namespace bench
