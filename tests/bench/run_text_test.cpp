// SPDX-License-Identifier: BSL-1.0
// The table in the terminal, and the words that every report shares.
#include "benchmarks/tool/paragraph.hpp"
#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/run_text.hpp"
#include "benchmarks/tool/run_words.hpp"
#include "tests/bench/sample_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace {

using bench::quantity;
using bench::ratio_number;
using bench::run_table;
using bench_test::sample_run;
using bench_test::small_run;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

std::string line_with(const std::string& text, const std::string& part) {
    for (const std::string& line : lines_of(text))
        if (line.find(part) != std::string::npos)
            return line;
    return "";
}

const std::vector<double> ten(6, 10);

TEST(quantity, the_unit_fits_the_value) {
    EXPECT_EQ(quantity(41.26, "ns"), "41.3 ns");
    EXPECT_EQ(quantity(999, "ns"), "999 ns");
    EXPECT_EQ(quantity(999.8, "ns"), "1.00 us");
    EXPECT_EQ(quantity(12'345, "ns"), "12.3 us");
    EXPECT_EQ(quantity(0.5, "us"), "500 ns");
    EXPECT_EQ(quantity(2300, "ms"), "2.30 s");
    EXPECT_EQ(quantity(4300, "B"), "4,300 B");
    EXPECT_EQ(quantity(43'000, "B"), "42.0 KiB");
    EXPECT_EQ(quantity(3.0 * 1024 * 1024, "B"), "3.00 MiB");
    EXPECT_EQ(quantity(180'000, "1/s"), "180,000/s");
    EXPECT_EQ(quantity(2'345'678, "1/s"), "2.35M/s");
    EXPECT_EQ(quantity(12.34, "%"), "12.3 %");
    EXPECT_EQ(quantity(10'000, ""), "10,000");
    EXPECT_EQ(quantity(0, "ns"), "0 ns");
    EXPECT_EQ(quantity(-1500, "ns"), "-1.50 us");
    EXPECT_EQ(quantity(7, "bottles"), "7.00 bottles");
}

TEST(quantity, ticks_are_round) {
    EXPECT_EQ(bench::tick_text(100, "ns"), "100 ns");
    EXPECT_EQ(bench::tick_text(20'000, "ns"), "20 us");
    EXPECT_EQ(bench::tick_text(100'000, "B"), "100 kB");
    EXPECT_EQ(bench::tick_text(5e6, "B"), "5 MB");
    EXPECT_EQ(bench::tick_text(200'000, "1/s"), "200k/s");
    EXPECT_EQ(bench::tick_text(1e6, ""), "1M");
    EXPECT_EQ(bench::tick_text(2000, ""), "2,000");
    EXPECT_EQ(bench::tick_text(0.05, ""), "0.05");
}

TEST(quantity, a_page_writes_the_micro_sign) {
    EXPECT_EQ(bench::html_units("1 us (0.9 us to 1.1 us), usual"),
              "1 \u00b5s (0.9 \u00b5s to 1.1 \u00b5s), usual");
}

TEST(paragraph, breaks_at_spaces_and_nowhere_else) {
    EXPECT_EQ(bench::wrapped("one two three", 9, "* ", "  "), "* one two\n  three\n");
    EXPECT_EQ(bench::wrapped("incomprehensibilities are words", 10),
              "incomprehensibilities\nare words\n");
    EXPECT_EQ(bench::wrapped("", 10), "");
}

TEST(run_words, ratios_have_digits_where_it_matters) {
    EXPECT_EQ(ratio_number(123.4), "123");
    EXPECT_EQ(ratio_number(12.34), "12.3");
    EXPECT_EQ(ratio_number(1.996), "2.00");
    EXPECT_EQ(ratio_number(.998), "0.998"); // an interval below 1 is seen to be
    EXPECT_EQ(ratio_number(.2), "0.20");
    EXPECT_EQ(ratio_number(.0213), "0.021");
    EXPECT_EQ(ratio_number(.00213), "0.0021");
    EXPECT_EQ(ratio_number(.000213), "2.1e-04");
}

TEST(run_words, a_verdict_speaks_in_the_figure_s_direction) {
    const bench::figure cost{"ns", "cost", "ns", true};
    const bench::figure speed{"per_second", "speed", "1/s", false};
    const bench::estimate less{.5, .4, .6, 9, true};
    EXPECT_EQ(bench::verdict_text(cost, less, "weft"), "weft needs less");
    EXPECT_EQ(bench::standing_of(cost, less), bench::standing::better);
    EXPECT_EQ(bench::verdict_text(speed, less, "weft"), "weft gives less");
    EXPECT_EQ(bench::standing_of(speed, less), bench::standing::worse);
    EXPECT_EQ(bench::verdict_text(cost, {.5, .4, .6, 3, false}, "weft"), "no difference shown");
}

TEST(run_words, the_first_side_is_judged_also_where_it_is_not_weft) {
    const auto run = small_run({{"asio", {1, 1, 1, 1, 1, 1}}, {"go", {2, 2, 2, 2, 2, 2}}});
    EXPECT_EQ(bench::judged_in(run.scenarios[0]), "asio");
    const auto text = run_table(run, 80);
    EXPECT_THAT(text, HasSubstr("Asio / peer"));
    EXPECT_THAT(line_with(text, "  Go"), HasSubstr("0.50 (0.50..0.50) first needs less"));
    EXPECT_THAT(text, HasSubstr("the first side is ahead in 1"));
}

TEST(run_words, a_single_one_is_no_plural) {
    bench::scenario_record self;
    self.size_label = "connections";
    EXPECT_EQ(bench::size_text(self, 1), "1 connection");
    EXPECT_EQ(bench::size_text(self, 1000), "1,000 connections");
    self.size_label = "timers armed";
    EXPECT_EQ(bench::size_text(self, 1), "1 timer armed");
    self.size_label = "";
    EXPECT_EQ(bench::size_text(self, 1), "");
}

TEST(run_table, says_value_ratio_interval_and_verdict) {
    const auto text = run_table(
        small_run({{"weft", {10, 11, 10, 10, 11, 10}}, {"go", {50, 50, 50, 50, 50, 50}}}), 80);
    const std::string row = line_with(text, "  Go");
    EXPECT_THAT(row, HasSubstr("50.0 ns"));
    EXPECT_THAT(row, HasSubstr("0.20 (0.20..0.22) weft needs less"));
    EXPECT_THAT(line_with(text, "  weft  "), HasSubstr("10.0 ns"));
    EXPECT_THAT(text, HasSubstr("Tasks yield in turn (switch)"));
    EXPECT_THAT(text, HasSubstr("cpu: CPU time of an operation"));
    EXPECT_THAT(text, HasSubstr("1 comparison: weft is ahead in 1 and behind in 0"));
}

TEST(run_table, noise_is_no_winner) {
    const auto text = run_table(
        small_run({{"weft", {10, 11, 9, 10, 12, 9}}, {"go", {11, 10, 10, 9, 10, 11}}}), 80);
    EXPECT_THAT(line_with(text, "  Go"), HasSubstr("no difference shown"));
}

TEST(run_table, few_rounds_have_no_interval_and_no_winner) {
    const auto text = run_table(small_run({{"weft", {10, 10}}, {"go", {50, 50}}}), 80);
    EXPECT_THAT(line_with(text, "  Go"), HasSubstr("0.20 (2 rounds) no difference shown"));
    EXPECT_THAT(text, HasSubstr("1 point had fewer than 6 rounds"));
}

TEST(run_table, names_what_is_absent_and_what_fell_short) {
    auto run = small_run({{"weft", ten}, {"threads", {}}});
    run.scenarios[0].points[0].sides[1].shortfall = "the limit is 32,768 threads";
    run.scenarios[0].absent = {"gevent: missing; install python3-gevent"};
    run.complete = false;
    const auto text = run_table(run, 80);
    EXPECT_THAT(line_with(text, "threads*"), HasSubstr(" -"));
    EXPECT_THAT(text, HasSubstr("* threads at 2 tasks: the limit is 32,768 threads"));
    EXPECT_THAT(text, HasSubstr("* gevent: missing; install python3-gevent"));
    EXPECT_THAT(text, HasSubstr("Missing: gevent: install python3-gevent"));
    EXPECT_THAT(text, HasSubstr("ended early"));
}

TEST(run_table, one_reason_at_several_sizes_is_said_once) {
    const auto text = run_table(sample_run(), 120);
    EXPECT_THAT(text, HasSubstr("* threads at 100,000 and 1,000,000 alive at once: not measured"));
}

TEST(run_table, one_reason_of_several_peers_is_said_once) {
    auto run = small_run({{"weft", ten}, {"threads", {}}, {"go", {}}, {"asio", {}}});
    for (std::size_t side : {1, 3})
        run.scenarios[0].points[0].sides[side].shortfall = "too late";
    run.scenarios[0].points[0].sides[2].shortfall = "too early";
    const auto text = run_table(run, 80);
    EXPECT_THAT(text, HasSubstr("* threads and Asio at 2 tasks: too late"));
    EXPECT_THAT(text, HasSubstr("* Go at 2 tasks: too early"));
}

TEST(run_table, says_where_the_time_was_up) {
    auto run = sample_run();
    auto& points = run.scenarios[13].points;
    points[1].time_was_up = true;
    points[1].rounds = 7;
    points[3].rounds = 9;
    EXPECT_THAT(run_table(run, 120),
                HasSubstr("* the time was up at 64 and 10,000 connections after 7 to 9 rounds"));
}

TEST(run_table, keeps_to_the_columns) {
    for (const int columns : {80, 100, 120})
        for (const std::string& line : lines_of(run_table(sample_run(), columns)))
            EXPECT_LE(line.size(), static_cast<std::size_t>(columns)) << line;
}

TEST(run_table, a_wider_terminal_gets_further_figures) {
    EXPECT_THAT(line_with(run_table(sample_run(), 80), "       weft / peer"),
                Not(HasSubstr("wall")));
    EXPECT_THAT(line_with(run_table(sample_run(), 120), "       weft / peer"), HasSubstr("wall"));
}

TEST(run_table, has_colours_only_when_asked) {
    EXPECT_THAT(run_table(sample_run(), 80), Not(HasSubstr("\x1b")));
    EXPECT_THAT(run_table(sample_run(), 80, true), HasSubstr("\x1b[32mweft needs less"));
}

TEST(run_table, an_empty_run_says_so) {
    bench::run_record run;
    run.machine = nlohmann::json::object();
    run.mode = "quick";
    EXPECT_THAT(run_table(run, 80), HasSubstr("Nothing was compared."));
    auto unmeasured = small_run({});
    EXPECT_THAT(run_table(unmeasured, 80), HasSubstr("Not measured."));
}

} // namespace
