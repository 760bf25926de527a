// SPDX-License-Identifier: BSL-1.0
// The document of the methodology and the scenarios' own words agree.
#include "benchmarks/scenarios/catalogue.hpp"
#include "tests/bench/methodology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace {

std::string document() {
    std::stringstream text;
    text << std::ifstream(METHODOLOGY).rdbuf();
    return text.str();
}

TEST(methodology, says_of_each_scenario_what_the_scenario_itself_says) {
    EXPECT_TRUE(bench_test::with_section(document()) == document())
        << "write it anew: meson compile -C build benchmark-methodology";
}

TEST(methodology, a_document_without_the_marks_is_refused) {
    EXPECT_THROW(bench_test::with_section("# How"), std::runtime_error);
}

TEST(catalogue, every_scenario_says_what_it_is_and_what_it_does_not_show) {
    std::set<std::string> names;
    for (const bench::scenario& each : bench::all_scenarios()) {
        EXPECT_TRUE(names.insert(each.name).second) << each.name << " twice";
        EXPECT_FALSE(each.title.empty()) << each.name;
        EXPECT_FALSE(each.about.empty()) << each.name;
        EXPECT_FALSE(each.not_shown.empty()) << each.name;
        EXPECT_FALSE(each.figures.empty()) << each.name;
        EXPECT_FALSE(each.quick_sizes.empty()) << each.name;
        EXPECT_FALSE(each.full_sizes.empty()) << each.name;
        ASSERT_FALSE(each.entrants.empty()) << each.name;
        EXPECT_TRUE(each.only_by_name || each.entrants.front().peer == "weft") << each.name;
    }
}

TEST(catalogue, figures_of_a_scenario_have_ids_of_their_own) {
    for (const bench::scenario& each : bench::all_scenarios()) {
        std::set<std::string> ids;
        for (const bench::figure& figure : each.figures)
            EXPECT_TRUE(ids.insert(figure.id).second) << each.name << ": " << figure.id;
    }
}

} // namespace
