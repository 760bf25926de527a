// SPDX-License-Identifier: BSL-1.0
// Axes, charts and what is put into a page.
#include "benchmarks/tool/axis.hpp"
#include "benchmarks/tool/chart.hpp"
#include "benchmarks/tool/chart_parts.hpp"
#include "benchmarks/tool/html.hpp"
#include "benchmarks/tool/percentile.hpp"
#include "benchmarks/tool/ratio_chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace {

using bench::axis;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(axis, a_logarithmic_one_has_ticks_at_1_2_and_5) {
    EXPECT_THAT(axis::logarithmic(.4, 3, 0, 100).ticks(), ElementsAre(.2, .5, 1, 2, 5));
}

TEST(axis, over_many_decades_only_powers_of_ten_are_ticks) {
    EXPECT_THAT(axis::logarithmic(.01, 100, 0, 100).ticks(), ElementsAre(.01, .1, 1, 10, 100));
}

TEST(axis, never_has_more_ticks_than_there_is_room_for_nor_fewer_than_two) {
    for (double low = 1e-7; low < 1e6; low *= 3)
        for (double high = low; high < 1e11; high *= 7)
            for (const int most : {4, 6, 8}) {
                const axis self = axis::logarithmic(low, high, 0, 100, most);
                EXPECT_LE(self.ticks().size(), static_cast<std::size_t>(most))
                    << low << " " << high;
                EXPECT_GE(self.ticks().size(), 2u) << low << " " << high;
                EXPECT_GE(self.place(low), 0);
                EXPECT_LE(self.place(high), 100);
            }
}

TEST(axis, half_and_twice_are_equally_far_from_1) {
    const axis self = axis::logarithmic(.01, 100, 0, 100);
    EXPECT_NEAR(self.place(1), 50, 1e-9);
    EXPECT_NEAR(self.place(2) - self.place(1), self.place(1) - self.place(.5), 1e-9);
}

TEST(axis, an_ordinal_one_has_a_place_for_each) {
    const axis self = axis::ordinal(3, 0, 100);
    EXPECT_THAT(self.ticks(), ElementsAre(1, 2, 3));
    EXPECT_NEAR(self.place(2), 50, 1e-9);
    EXPECT_THAT(axis::ordinal(1, 0, 100).ticks(), ElementsAre(1));
}

TEST(charts, ten_peers_have_ten_shapes) {
    std::set<std::string> shapes;
    for (std::size_t shape = 0; shape < 10; ++shape)
        shapes.insert(bench::mark(shape, 10, 10));
    EXPECT_EQ(shapes.size(), 10u);
}

TEST(charts, a_ratio_has_its_interval_only_where_it_is_known) {
    const bench::ratio_chart known{
        "t", "weft / peer", {{"Go", {.5, .4, .6, 9, true}, "0.50", "peer-1", 1, "Go: <0.50>"}}};
    EXPECT_THAT(bench::draw(known), HasSubstr("class='line solid'"));
    EXPECT_THAT(bench::draw(known), HasSubstr("Go: &lt;0.50&gt;"));
    EXPECT_THAT(bench::draw(known), HasSubstr("class='reference'"));
    bench::ratio_chart unknown = known;
    unknown.rows[0].ratio.known = false;
    EXPECT_THAT(bench::draw(unknown), Not(HasSubstr("class='line solid'")));
    EXPECT_EQ(bench::draw(bench::ratio_chart{}), "");
}

TEST(charts, sizes_of_nothing_are_drawn_by_name) {
    bench::line_chart chart{"t", "capacity", "", std::nullopt, {}};
    chart.x_names = {"1", "<0>"};
    chart.series.push_back({"weft", "peer-0", {{1, {5, 5, 5}, "a"}, {2, {6, 6, 6}, "b"}}});
    EXPECT_THAT(bench::draw(chart), HasSubstr("&lt;0&gt;</text>"));
}

TEST(percentile, is_read_from_the_id) {
    const auto of = [](const char* id) { return bench::percentile({id, "", "us"}); };
    EXPECT_EQ(of("p50_us"), 50);
    EXPECT_EQ(of("p99.9_us"), 99.9);
    EXPECT_EQ(of("p999_us"), 99.9);
    EXPECT_EQ(of("p99"), 99);
    EXPECT_FALSE(of("per_second"));
    EXPECT_FALSE(of("p"));
    EXPECT_FALSE(of("p2p_us"));
}

TEST(html, data_cannot_end_its_script) {
    const nlohmann::json data{{"command", "</script><!--<script>"}, {"bad", "\xff"}};
    const std::string text = bench::script_json(data);
    EXPECT_THAT(text, Not(HasSubstr("<")));
    EXPECT_EQ(nlohmann::json::parse(text)["command"], "</script><!--<script>");
}

TEST(html, a_page_is_filled_once) {
    EXPECT_EQ(bench::filled("a{{x}}b{{y}}", {{"x", "{{y}}"}, {"y", "2"}}), "a{{y}}b2");
    EXPECT_THROW(bench::filled("{{z}}", {}), std::out_of_range);
}

} // namespace
