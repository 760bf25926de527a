// SPDX-License-Identifier: BSL-1.0
// The intervals: against the tables of the textbooks, by simulation, and at their edges.
#include "benchmarks/tool/statistics.hpp"
#include "tests/bench/sample_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace {

using bench::change_of;
using bench::estimate;
using bench::judge;
using bench::median_of;
using bench::ratio_of;
using bench::value_of;
using bench::verdict;
using bench_test::small_run;

const bench::point_record& point_in(const bench::run_record& run) {
    return run.scenarios.front().points.front();
}

std::vector<double> up_to(int count) {
    std::vector<double> values;
    for (int i = count; i >= 1; --i)
        values.push_back(i);
    return values;
}

TEST(statistics, the_median_of_an_even_number_lies_between_the_two_in_the_middle) {
    EXPECT_EQ(median_of({4, 1, 3, 2})->median, 2.5);
    EXPECT_EQ(median_of({3, 1, 2})->median, 2);
    EXPECT_EQ(median_of({7})->median, 7);
}

TEST(statistics, nothing_has_no_median) {
    EXPECT_FALSE(median_of({}));
    EXPECT_FALSE(median_of({std::nan(""), std::numeric_limits<double>::infinity()}));
}

TEST(statistics, what_is_no_number_is_left_out) {
    const auto found = median_of({1, std::nan(""), 3, 2, std::numeric_limits<double>::infinity()});
    EXPECT_EQ(found->median, 2);
    EXPECT_EQ(found->rounds, 3);
}

TEST(statistics, with_six_values_the_interval_is_from_the_lowest_to_the_highest) {
    const auto found = median_of({60, 10, 30, 20, 50, 40});
    EXPECT_TRUE(found->known);
    EXPECT_EQ(found->low, 10);
    EXPECT_EQ(found->high, 60);
}

TEST(statistics, five_values_are_too_few_for_an_interval) {
    const auto found = median_of(up_to(5));
    EXPECT_FALSE(found->known);
    EXPECT_EQ(found->low, 1);
    EXPECT_EQ(found->high, 5);
}

// The sign test's table: the interval of the median at 95 %.
TEST(statistics, the_interval_has_the_ranks_of_the_tables) {
    const std::map<int, int> ranks{{1, 0},  {5, 0},   {6, 1},   {8, 1},   {9, 2},   {11, 2},
                                   {12, 3}, {14, 3},  {15, 4},  {16, 4},  {17, 5},  {20, 6},
                                   {25, 8}, {30, 10}, {40, 14}, {50, 18}, {100, 40}};
    for (const auto& [values, rank] : ranks)
        EXPECT_EQ(bench::median_rank(values), rank) << values << " values";
    const auto found = median_of(up_to(20));
    EXPECT_EQ(found->low, 6);
    EXPECT_EQ(found->high, 15);
}

TEST(statistics, thousands_of_values_have_an_interval_too) {
    EXPECT_EQ(bench::median_rank(10'000), 4902); // 5000 - 1.96 * 50, and half a step
}

// The Mann-Whitney table: critical values at 5 % on two sides, and one more.
TEST(statistics, the_interval_of_a_change_has_the_ranks_of_the_tables) {
    struct sizes {
        int first, second, rank;
    };
    for (const auto& [first, second, rank] : std::vector<sizes>{{3, 4, 0},
                                                                {4, 4, 1},
                                                                {5, 5, 3},
                                                                {6, 6, 6},
                                                                {5, 8, 7},
                                                                {8, 8, 14},
                                                                {10, 5, 9},
                                                                {10, 10, 24},
                                                                {7, 20, 35},
                                                                {20, 20, 128}}) {
        EXPECT_EQ(bench::rank_sum_rank(first, second), rank) << first << " and " << second;
        EXPECT_EQ(bench::rank_sum_rank(second, first), rank) << second << " and " << first;
    }
}

TEST(statistics, many_rounds_have_the_ranks_of_the_normal_distribution) {
    const double pairs = 60 * 60;
    const int about = static_cast<int>(pairs / 2 - 1.96 * std::sqrt(pairs * 121 / 12));
    EXPECT_NEAR(bench::rank_sum_rank(60, 60), about, 1);
    EXPECT_NEAR(bench::rank_sum_rank(50, 50), 2500 / 2. - 1.96 * std::sqrt(2500 * 101 / 12.), 2);
}

// --- coverage: of 2,000 samples, how many intervals hold what is true

using draw = std::function<double(std::mt19937_64&)>;

double log_normal(std::mt19937_64& random) {
    return std::exp(std::normal_distribution<>{}(random)); // median 1
}

double exponential(std::mt19937_64& random) {
    return std::exponential_distribution<>{}(random) / std::log(2.0); // median 1
}

double with_hiccups(std::mt19937_64& random) { // one in ten is five times as long, the median is 1
    const double value = std::exp(.02 * std::normal_distribution<>{}(random));
    const bool hiccup = random() % 10 == 0;
    const double middle = std::exp(.02 * .1397); // 50 % of all are 55.6 % of the others
    return (hiccup ? 5 * value : value) / middle;
}

double share_holding_one(const draw& value, int rounds) {
    std::mt19937_64 random(20);
    int held = 0;
    constexpr int samples = 2000;
    for (int i = 0; i < samples; ++i) {
        std::vector<double> values;
        for (int round = 0; round < rounds; ++round)
            values.push_back(value(random));
        const auto found = median_of(std::move(values));
        held += found->known && found->low <= 1 && 1 <= found->high ? 1 : 0;
    }
    return static_cast<double>(held) / samples;
}

TEST(statistics, the_interval_holds_the_true_median_as_often_as_it_claims) {
    for (const draw& each : {draw(log_normal), draw(exponential), draw(with_hiccups)})
        for (const int rounds : {6, 9, 15, 30, 60}) {
            const double share = share_holding_one(each, rounds);
            EXPECT_GE(share, .94) << rounds;
            EXPECT_LE(share, .99) << rounds;
        }
}

// As the rounds of a run end: when the interval is narrow, wherever it lies.
double share_holding_one_when_narrow(double spread, double narrow) {
    std::mt19937_64 random(23);
    int held = 0;
    constexpr int samples = 2000;
    for (int i = 0; i < samples; ++i) {
        std::vector<double> values;
        std::optional<estimate> found;
        do {
            values.push_back(std::exp(spread * std::normal_distribution<>{}(random)));
            found = median_of(values);
        } while (!found->known || (found->width() > narrow && values.size() < 60));
        held += found->low <= 1 && 1 <= found->high ? 1 : 0;
    }
    return static_cast<double>(held) / samples;
}

TEST(statistics, stopping_when_the_interval_is_narrow_costs_little_of_its_confidence) {
    for (const double spread : {.005, .01, .02, .03, .05, .1})
        for (const double narrow : {.03, .1})
            EXPECT_GE(share_holding_one_when_narrow(spread, narrow), .915)
                << spread << " until " << narrow;
}

bench::run_record drawn(const draw& value, int rounds, double factor, std::mt19937_64& random) {
    std::vector<double> values;
    for (int round = 0; round < rounds; ++round)
        values.push_back(factor * value(random));
    return small_run({{"weft", values}});
}

TEST(statistics, the_interval_of_a_change_holds_the_true_change_as_often_as_it_claims) {
    std::mt19937_64 random(21);
    for (const draw& each : {draw(log_normal), draw(exponential)}) {
        int held = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto now = drawn(each, 8, 1.2, random);
            const auto base = drawn(each, 11, 1, random);
            const auto found = change_of(point_in(now), point_in(base), "weft", "cpu_ns");
            held += found->low <= 1.2 && 1.2 <= found->high ? 1 : 0;
        }
        EXPECT_GE(held, 935);
        EXPECT_LE(held, 985);
    }
}

// Two identical programs: what is claimed of them is claimed by chance, and seldom.
TEST(statistics, between_two_identical_sides_a_difference_is_seldom_shown) {
    std::mt19937_64 random(22);
    int shown = 0;
    for (int i = 0; i < 1000; ++i) {
        std::vector<double> first, second;
        for (int round = 0; round < 10; ++round) {
            first.push_back(with_hiccups(random));
            second.push_back(with_hiccups(random));
        }
        const auto run = small_run({{"weft", first}, {"threads", second}});
        const auto ratio = ratio_of(point_in(run), "weft", "threads", "cpu_ns");
        shown += judge(*ratio) != verdict::no_difference ? 1 : 0;
    }
    EXPECT_LT(shown, 50);
}

// --- ratios

TEST(statistics, a_ratio_is_taken_within_each_round) {
    // The machine is three times as slow in every other round: each ratio is still 1/2.
    const auto run =
        small_run({{"weft", {10, 30, 10, 30, 10, 30}}, {"go", {20, 60, 20, 60, 20, 60}}});
    const auto ratio = ratio_of(point_in(run), "weft", "go", "cpu_ns");
    EXPECT_EQ(ratio->median, .5);
    EXPECT_EQ(ratio->low, .5);
    EXPECT_EQ(ratio->high, .5);
    EXPECT_EQ(ratio->width(), 0);
    EXPECT_EQ(judge(*ratio), verdict::less);
}

TEST(statistics, a_round_in_which_one_side_failed_has_no_ratio) {
    auto run = small_run({{"weft", {1, 2, 3}}, {"go", {2, 4, 100}}});
    run.scenarios[0].points[0].sides[1].rounds[2] = std::nullopt;
    const auto ratio = ratio_of(point_in(run), "weft", "go", "cpu_ns");
    EXPECT_EQ(ratio->median, .5);
    EXPECT_EQ(ratio->rounds, 2);
    EXPECT_FALSE(ratio->known);
}

TEST(statistics, a_figure_of_nothing_has_no_ratio) {
    const auto run = small_run({{"weft", {0, 1}}, {"go", {1, 0}}});
    EXPECT_FALSE(ratio_of(point_in(run), "weft", "go", "cpu_ns"));
    EXPECT_EQ(value_of(point_in(run), "weft", "cpu_ns")->median, .5);
    EXPECT_FALSE(ratio_of(point_in(run), "weft", "asio", "cpu_ns"));
    EXPECT_FALSE(ratio_of(point_in(run), "weft", "go", "wall_ns"));
    EXPECT_FALSE(value_of(point_in(run), "asio", "cpu_ns"));
    EXPECT_FALSE(change_of(point_in(run), point_in(run), "asio", "cpu_ns"));
}

TEST(statistics, sides_of_different_length_are_paired_as_far_as_both_go) {
    const auto run = small_run({{"weft", {1, 1, 1, 1}}, {"go", {2, 2}}});
    EXPECT_EQ(ratio_of(point_in(run), "weft", "go", "cpu_ns")->rounds, 2);
}

TEST(statistics, a_change_is_the_median_of_all_ratios_between_two_runs) {
    const auto now = small_run({{"weft", {2, 4, 6, 8}}});
    const auto base = small_run({{"weft", {1, 2, 4, 8}}});
    const auto change = change_of(point_in(now), point_in(base), "weft", "cpu_ns");
    // .25 .5 .5 .75 1 1 1 1.5 | 2 2 2 3 4 4 6 8
    EXPECT_EQ(change->median, 1.75);
    EXPECT_EQ(change->low, .25);
    EXPECT_EQ(change->high, 8);
    EXPECT_TRUE(change->known);
    EXPECT_EQ(change->rounds, 4);
}

TEST(statistics, three_rounds_show_no_change) {
    const auto now = small_run({{"weft", {20, 20, 20}}});
    const auto base = small_run({{"weft", {10, 10, 10}}});
    const auto change = change_of(point_in(now), point_in(base), "weft", "cpu_ns");
    EXPECT_EQ(change->median, 2);
    EXPECT_FALSE(change->known);
    EXPECT_EQ(judge(*change), verdict::no_difference);
}

// --- verdicts

TEST(statistics, a_winner_needs_an_interval_that_is_known_and_leaves_out_1) {
    EXPECT_EQ(judge({.5, .4, .6, 9, true}), verdict::less);
    EXPECT_EQ(judge({1.5, 1.2, 1.6, 9, true}), verdict::more);
    EXPECT_EQ(judge({.5, .4, 1, 9, true}), verdict::no_difference);
    EXPECT_EQ(judge({1.5, 1, 2, 9, true}), verdict::no_difference);
    EXPECT_EQ(judge({.5, .4, .6, 5, false}), verdict::no_difference);
}

TEST(statistics, a_difference_below_one_percent_is_none) {
    EXPECT_EQ(judge({.995, .994, .996, 99, true}), verdict::no_difference);
    EXPECT_EQ(judge({1.005, 1.004, 1.006, 99, true}), verdict::no_difference);
    EXPECT_EQ(judge({.985, .984, .986, 99, true}), verdict::less);
}

} // namespace
