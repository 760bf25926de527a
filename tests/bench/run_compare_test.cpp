// SPDX-License-Identifier: BSL-1.0
// Two runs side by side: what is called a change, what is above a limit, what cannot be compared.
#include "benchmarks/tool/run_compare.hpp"
#include "tests/bench/sample_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace {

using bench::compare_runs;
using bench::compare_text;
using bench_test::sample_run;
using bench_test::small_run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::vector<double> about_10{10, 10.1, 9.9, 10.05, 9.95, 10};
const std::vector<double> about_12{12, 12.1, 11.9, 12.05, 11.95, 12};

bench::run_record run_of(const std::vector<double>& weft,
                         const std::vector<double>& go = about_10) {
    return small_run({{"weft", weft}, {"go", go}});
}

TEST(run_compare, the_same_twice_shows_no_change) {
    const auto same = compare_runs(run_of(about_10), run_of(about_10));
    ASSERT_THAT(same.changes, SizeIs(1));
    EXPECT_EQ(same.changes[0].ratio.median, 1);
    EXPECT_EQ(same.worst(), nullptr);
    EXPECT_THAT(same.above(1), IsEmpty());
    EXPECT_THAT(same.warnings, IsEmpty());
    EXPECT_THAT(compare_text(same, 80), HasSubstr("no change shown"));
}

TEST(run_compare, what_needs_more_than_the_base_is_worse_and_above_the_limit) {
    const auto worse = compare_runs(run_of(about_12), run_of(about_10));
    ASSERT_NE(worse.worst(), nullptr);
    EXPECT_NEAR(worse.worst()->ratio.median, 1.2, .01);
    EXPECT_EQ(worse.changes[0].label, "switch 2");
    EXPECT_EQ(worse.changes[0].base, 10);
    EXPECT_EQ(worse.changes[0].now, 12);
    EXPECT_THAT(worse.above(1.1), SizeIs(1));
    EXPECT_THAT(worse.above(1.3), IsEmpty());
    EXPECT_THAT(compare_text(worse, 80), HasSubstr("weft needs more"));
    EXPECT_THAT(compare_text(worse, 80), HasSubstr("Worst: switch 2: weft needs more 1.20"));
    EXPECT_THAT(bench::above_text(worse, 1.1), HasSubstr("above 1.1: switch 2: 1.20"));
    EXPECT_EQ(bench::above_text(worse, 1.3), "");
}

TEST(run_compare, noise_is_not_above_a_limit_however_high_its_median) {
    const auto noisy =
        compare_runs(run_of({6, 30, 18, 25, 40, 7}), run_of({10, 12, 30, 6, 11, 12}));
    EXPECT_GT(noisy.changes[0].ratio.median, 1.1);
    EXPECT_THAT(noisy.above(1.1), IsEmpty());
    EXPECT_EQ(noisy.worst(), nullptr);
}

TEST(run_compare, three_rounds_are_not_above_a_limit) {
    const auto few = compare_runs(run_of({30, 30, 30}), run_of({10, 10, 10}));
    EXPECT_THAT(few.above(1.1), IsEmpty());
}

TEST(run_compare, of_a_figure_that_should_be_high_less_is_worse) {
    auto now = run_of(about_10);
    auto base = run_of(about_12);
    now.scenarios[0].figures[0].less_is_better = false;
    base.scenarios[0].figures[0].less_is_better = false;
    const auto worse = compare_runs(now, base);
    EXPECT_NEAR(worse.changes[0].worsening().median, 1.2, .01);
    EXPECT_LT(worse.changes[0].worsening().low, worse.changes[0].worsening().high);
    EXPECT_THAT(worse.above(1.1), SizeIs(1));
    EXPECT_THAT(compare_text(worse, 80), HasSubstr("weft gives less"));
    EXPECT_THAT(compare_runs(base, now).above(1), IsEmpty());
}

TEST(run_compare, the_peers_tell_whether_it_was_the_machine) {
    const auto machine = compare_runs(run_of(about_12, about_12), run_of(about_10, about_10));
    ASSERT_TRUE(machine.changes[0].peers);
    EXPECT_NEAR(*machine.changes[0].peers, 1.2, .01);
    EXPECT_THAT(compare_text(machine, 120), HasSubstr("  peers\n"));
    EXPECT_FALSE(compare_runs(small_run({{"weft", about_10}}), run_of(about_10)).changes[0].peers);
}

TEST(run_compare, names_what_only_one_of_the_runs_has) {
    const auto now = small_run({{"weft", about_10}}, 100);
    const auto base = small_run({{"weft", about_10}}, 2);
    const auto self = compare_runs(now, base);
    EXPECT_THAT(self.changes, IsEmpty());
    EXPECT_THAT(self.not_in_base, ElementsAre("switch 100"));
    EXPECT_THAT(self.not_now, ElementsAre("switch 2"));
    EXPECT_THAT(compare_text(self, 80), HasSubstr("Nothing of this run is in the base."));
}

TEST(run_compare, a_point_where_weft_failed_is_no_comparison) {
    const auto self = compare_runs(run_of(about_10), small_run({{"go", about_10}}));
    EXPECT_THAT(self.changes, IsEmpty());
    EXPECT_THAT(self.not_in_base, ElementsAre("switch 2"));
}

TEST(run_compare, a_figure_that_means_something_else_now_is_not_compared) {
    auto base = run_of(about_10);
    base.scenarios[0].figures[0].unit = "us";
    const auto self = compare_runs(run_of(about_10), base);
    EXPECT_THAT(self.changes, IsEmpty());
    EXPECT_THAT(self.not_in_base, SizeIs(1));
}

TEST(run_compare, warns_of_another_machine_or_kernel) {
    auto base = run_of(about_10);
    base.machine["kernel"] = "Linux 5.10";
    base.machine["cores"] = 64;
    base.mode = "full";
    base.complete = false;
    const auto self = compare_runs(run_of(about_10), base);
    EXPECT_THAT(self.warnings,
                ElementsAre("another cores: 64 then, 2 now",
                            "another kernel: Linux 5.10 then, Linux 6.1.0-18-amd64 x86_64 now",
                            "another mode: full then, default now", "the base was ended early"));
    EXPECT_THAT(compare_text(self, 80), HasSubstr("Warning: another kernel"));
}

TEST(run_compare, a_machine_that_is_not_described_does_no_harm) {
    auto base = run_of(about_10);
    base.machine = {{"versions", 7}};
    EXPECT_THAT(compare_runs(run_of(about_10), base).base_words, HasSubstr("unknown"));
}

TEST(run_compare, two_runs_of_the_same_differ_in_few_places) {
    const auto self = compare_runs(sample_run(3), sample_run(4));
    EXPECT_THAT(self.changes, SizeIs(48));
    int shown = 0;
    for (const auto& each : self.changes)
        shown += judge(each.ratio) != bench::verdict::no_difference ? 1 : 0;
    EXPECT_LE(shown, 6);
    EXPECT_THAT(self.above(1.1), IsEmpty());
}

TEST(run_compare, finds_what_got_ten_percent_worse) {
    EXPECT_GE(compare_runs(sample_run(3, 1.1), sample_run(4)).above(1.05).size(), 45u);
}

TEST(run_compare, keeps_to_the_columns_and_colours_only_when_asked) {
    const auto self = compare_runs(sample_run(3, 1.1), sample_run(4));
    for (const int columns : {80, 120}) {
        std::istringstream lines(compare_text(self, columns));
        for (std::string line; std::getline(lines, line);)
            EXPECT_LE(line.size(), static_cast<std::size_t>(columns)) << line;
    }
    EXPECT_THAT(compare_text(self, 80), Not(HasSubstr("\x1b")));
    EXPECT_THAT(compare_text(self, 80, true), HasSubstr("\x1b[31m"));
}

} // namespace
