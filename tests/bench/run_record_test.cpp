// SPDX-License-Identifier: BSL-1.0
// A run as a file: there and back, and what is said of one that is damaged.
#include "benchmarks/tool/run_record.hpp"
#include "tests/bench/sample_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace {

using bench::json_text;
using bench::read_run;
using bench::run_from_json;
using bench::to_json;
using bench_test::sample_run;
using bench_test::small_run;
using nlohmann::json;
using testing::HasSubstr;

std::string refusal(const json& damaged) {
    try {
        run_from_json(damaged);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "(none)";
}

TEST(run_record, comes_back_from_its_file_as_it_was) {
    const auto run = sample_run();
    const auto back = read_run(json_text(run), "run.json");
    EXPECT_EQ(to_json(back), to_json(run));
    EXPECT_EQ(back.scenarios.size(), 20u);
    EXPECT_EQ(back.scenarios[13].points[3].sides[5].rounds[0], std::nullopt); // Go failed
    EXPECT_EQ(back.scenarios[13].points[3].sides[5].rounds[2],
              run.scenarios[13].points[3].sides[5].rounds[2]);
    EXPECT_FALSE(back.scenarios[13].figures[1].less_is_better);
    EXPECT_TRUE(back.scenarios[13].points[3].time_was_up);
    EXPECT_EQ(back.peers[8].missing, "install python3-gevent");
}

TEST(run_record, an_empty_run_comes_back_too) {
    bench::run_record run;
    run.machine = json::object();
    run.complete = false;
    const auto back = read_run(json_text(run), "run.json");
    EXPECT_FALSE(back.complete);
    EXPECT_TRUE(back.scenarios.empty());
}

TEST(run_record, what_is_no_number_is_left_out_of_the_file) {
    auto run = small_run({{"weft", {1, std::nan(""), 3}}});
    const auto back = read_run(json_text(run), "run.json");
    const auto& rounds = back.scenarios[0].points[0].sides[0].rounds;
    ASSERT_EQ(rounds.size(), 3u);
    EXPECT_TRUE(rounds[1]->empty());
    EXPECT_EQ(rounds[2]->at("cpu_ns"), 3);
}

TEST(run_record, words_of_a_peer_that_are_no_text_do_no_harm) {
    auto run = small_run({{"weft", {1}}});
    run.scenarios[0].points[0].sides[0].shortfall = "died: \xff\xfe, \"quoted\"\n";
    const auto back = read_run(json_text(run), "run.json");
    EXPECT_THAT(back.scenarios[0].points[0].sides[0].shortfall, HasSubstr("\"quoted\"\n"));
}

TEST(run_record, every_file_that_is_cut_off_is_refused) {
    const std::string whole = json_text(small_run({{"weft", {1, 2}}, {"go", {3, 4}}}));
    for (std::size_t length = 0; length + 2 < whole.size(); ++length)
        EXPECT_THROW(read_run(whole.substr(0, length), "run.json"), std::runtime_error) << length;
}

TEST(run_record, a_refusal_names_the_file_and_the_place) {
    json damaged = to_json(sample_run());
    damaged["scenarios"][3]["points"][1]["sides"][0]["rounds"][2]["cpu_ns"] = "fast";
    EXPECT_THAT(refusal(damaged),
                HasSubstr("no number at scenarios/3/points/1/sides/0/rounds/2/cpu_ns"));
    try {
        read_run("{", "base.json");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("base.json: no JSON, or cut off"));
    }
}

TEST(run_record, something_else_is_refused) {
    EXPECT_THAT(refusal(json::array()), HasSubstr("not a run of weft-bench"));
    EXPECT_THAT(refusal({{"tool", "weft-bench"}, {"format", 1}}), HasSubstr("\"kind\"")); // a demo
    EXPECT_THAT(refusal({{"tool", "other"}, {"kind", "run"}}), HasSubstr("something else"));
}

TEST(run_record, a_newer_format_is_refused_as_such) {
    json newer = to_json(small_run({{"weft", {1}}}));
    newer["format"] = 99;
    EXPECT_THAT(refusal(newer), HasSubstr("newer weft-bench: format 99"));
}

// Every key taken away, and every value replaced by one of another kind: refused, never believed.
void damage_everywhere(const json& whole, const json::json_pointer& at, int& refused) {
    const json inner = whole.at(at);
    if (inner.is_object() && at.to_string().find("/machine") == std::string::npos)
        for (const auto& [key, value] : inner.items()) {
            json without = whole;
            without.at(at).erase(key);
            const bool may_be_missing = at.to_string().find("/rounds/") != std::string::npos;
            if (!may_be_missing) {
                EXPECT_NE(refusal(without), "(none)") << at << " without " << key;
                ++refused;
            }
            json changed = whole;
            changed.at(at)[key] = json{{"another", "kind"}};
            if (key != "machine") { // whose words are its own
                EXPECT_NE(refusal(changed), "(none)") << at << " with another " << key;
            }
            damage_everywhere(whole, at / key, refused);
        }
    if (inner.is_array() && !inner.empty())
        damage_everywhere(whole, at / 0, refused);
}

TEST(run_record, no_damage_is_believed) {
    int refused = 0;
    damage_everywhere(to_json(small_run({{"weft", {1}}})), json::json_pointer(""), refused);
    EXPECT_GE(refused, 30);
}

} // namespace
