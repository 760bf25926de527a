// SPDX-License-Identifier: BSL-1.0
// The document: its tables, and the claims that are tried in it.
#include "benchmarks/tool/claims.hpp"
#include "benchmarks/tool/run_markdown.hpp"
#include "tests/bench/sample_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace {

using bench::asyncio_claims;
using bench::run_markdown;
using bench_test::sample_run;
using bench_test::small_run;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A scenario with one point of asyncio, uvloop and weft.
bench::scenario_record scenario(const std::string& name, std::int64_t size,
                                const bench::figure& what, const std::vector<double>& asyncio,
                                const std::vector<double>& uvloop = {}) {
    bench::point_record point{size, {}, static_cast<int>(asyncio.size()), false};
    for (const auto& [peer, values] :
         {std::pair{"weft", asyncio}, {"asyncio", asyncio}, {"uvloop", uvloop}}) {
        bench::side_record side{peer, "1", {}, ""};
        for (const double value : values)
            side.rounds.emplace_back(std::map<std::string, double>{{what.id, value}});
        point.sides.push_back(side);
    }
    return {name, name, "", "", "", {what}, {point}, {}};
}

std::vector<double> six(double value) {
    return {value, value * 1.01, value * .99, value, value * 1.005, value * .995};
}

const bench::figure ns{"cpu_ns", "CPU time", "ns"};
const bench::figure ms{"wall_ms", "time", "ms"};
const bench::figure per_second{"per_second", "requests a second", "1/s", false};

std::string verdict_on(const std::string& claim, const bench::scenario_record& from) {
    bench::run_record run = small_run({});
    run.scenarios = {from};
    for (const auto& each : asyncio_claims(run))
        if (each.claim.find(claim) != std::string::npos)
            return each.verdict;
    return "(no such claim)";
}

TEST(claims, nothing_is_said_of_what_was_not_measured) {
    for (const auto& each : asyncio_claims(bench::run_record{}))
        EXPECT_EQ(each.verdict, "not measured") << each.claim;
    EXPECT_EQ(asyncio_claims(bench::run_record{}).size(), 4u);
}

TEST(claims, a_switch_of_about_100_ns) {
    EXPECT_EQ(verdict_on("100 ns", scenario("switch", 2, ns, six(98))), "holds");
    EXPECT_EQ(verdict_on("100 ns", scenario("switch", 2, ns, six(2900))),
              "does not hold: 29.0 times as much");
    EXPECT_THAT(verdict_on("100 ns", scenario("switch", 2, ns, six(125))), StartsWith("undecided"));
    EXPECT_EQ(verdict_on("100 ns", scenario("switch", 2, ns, {98, 98})),
              "undecided: 2 rounds only");
    EXPECT_EQ(verdict_on("100 ns", scenario("switch", 2, ns, {})), "not measured");
    bench::figure us = ns;
    us.unit = "us";
    EXPECT_EQ(verdict_on("100 ns", scenario("switch", 2, us, six(.098))), "holds");
}

TEST(claims, a_million_coroutines) {
    EXPECT_THAT(verdict_on("million", scenario("create_join", 1'000'000, ns, six(9000))),
                StartsWith("holds"));
    EXPECT_EQ(verdict_on("million", scenario("create_join", 100'000, ns, six(9000))),
              "not measured");
    auto failed = scenario("create_join", 1'000'000, ns, {});
    failed.points[0].sides[1].shortfall = "killed: no memory";
    EXPECT_EQ(verdict_on("million", failed), "not shown: killed: no memory");
}

TEST(claims, ten_thousand_requests_in_2_3_seconds) {
    EXPECT_EQ(verdict_on("2.3 s", scenario("waiting", 10'000, ms, six(1800))), "holds");
    EXPECT_EQ(verdict_on("2.3 s", scenario("waiting", 10'000, ms, six(4600))),
              "does not hold: 2.00 times as much");
    EXPECT_EQ(verdict_on("2.3 s", scenario("waiting", 1'000, ms, six(180))), "not measured");
}

TEST(claims, uvloop_is_two_to_four_times_faster) {
    const auto of = [](double asyncio, double uvloop, const bench::figure& what) {
        return verdict_on("uvloop", scenario("http", 64, what, six(asyncio), six(uvloop)));
    };
    EXPECT_EQ(of(300, 100, ns), "holds: 3.00 (3.00..3.00) times");
    EXPECT_THAT(of(150, 100, ns), StartsWith("does not hold, it is less: 1.50"));
    EXPECT_THAT(of(500, 100, ns), StartsWith("more than claimed: 5.00"));
    EXPECT_EQ(of(100, 300, per_second), "holds: 3.00 (3.00..3.00) times");
    EXPECT_THAT(of(300, 100, per_second), StartsWith("does not hold"));
}

TEST(claims, a_missing_peer_is_named_with_its_package) {
    bench::run_record run = small_run({});
    run.peers = {{"asyncio", "asyncio", "", "install python3"}};
    EXPECT_EQ(asyncio_claims(run)[0].verdict, "not measured: install python3");
}

TEST(run_markdown, has_each_scenario_with_what_it_does_not_show) {
    const auto run = sample_run();
    const std::string text = run_markdown(run);
    for (const auto& each : run.scenarios)
        EXPECT_THAT(text, HasSubstr("### " + each.title + " (`" + each.name + "`)"));
    EXPECT_THAT(text, HasSubstr("*What it does not show:* What must not be concluded"));
    EXPECT_THAT(text, HasSubstr("2026-11-20 19:43:56 UTC"));
    EXPECT_THAT(text, HasSubstr("    weft-bench run --full --json"));
    EXPECT_THAT(text, HasSubstr("* gevent: missing; install python3-gevent"));
    EXPECT_THAT(text, HasSubstr("| 2.8"));
}

TEST(run_markdown, every_row_of_a_table_has_as_many_cells_as_its_head) {
    std::istringstream lines(run_markdown(sample_run()));
    std::ptrdiff_t columns = 0;
    int tables = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("|")) {
            columns = 0;
            continue;
        }
        const auto bars = std::count(line.begin(), line.end(), '|');
        tables += columns == 0 ? 1 : 0;
        columns = columns == 0 ? bars : columns;
        EXPECT_EQ(bars, columns) << line;
    }
    EXPECT_GT(tables, 40);
}

TEST(run_markdown, the_command_is_one_that_others_can_type) {
    auto run = small_run({});
    run.machine["command"] = "/home/me/build/weft-bench run --json /tmp/x.json";
    EXPECT_THAT(run_markdown(run), HasSubstr("\n    weft-bench run --json /tmp/x.json\n"));
    run.machine["command"] = "weft-bench";
    EXPECT_THAT(run_markdown(run), HasSubstr("\n    weft-bench\n"));
}

TEST(run_markdown, a_verdict_is_marked) {
    const std::vector<double> ten(6, 10), twenty(6, 20);
    const auto cell = [](const std::vector<double>& weft, const std::vector<double>& go) {
        return run_markdown(small_run({{"weft", weft}, {"go", go}}));
    };
    EXPECT_THAT(cell(ten, twenty), HasSubstr("| 0.50 (0.50..0.50) |"));
    EXPECT_THAT(cell(twenty, ten), HasSubstr("| 2.00 (2.00..2.00) ▲ |"));
    EXPECT_THAT(cell(ten, ten), HasSubstr("| 1.000 (1.000..1.000) ≈ |"));
}

TEST(run_markdown, words_of_a_peer_are_no_markup) {
    auto run = small_run({{"weft", {1}}, {"go", {}}});
    run.scenarios[0].points[0].sides[1].shortfall = "a | b <script> *c*\nd";
    EXPECT_THAT(run_markdown(run), HasSubstr("a \\| b &lt;script> \\*c\\* d"));
}

TEST(run_markdown, an_empty_run_is_a_document_too) {
    bench::run_record run;
    run.machine = nlohmann::json::object();
    EXPECT_THAT(run_markdown(run), StartsWith("# Benchmarks"));
    EXPECT_THAT(run_markdown(run), HasSubstr("Nothing was compared."));
}

} // namespace
