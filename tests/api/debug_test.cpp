// SPDX-License-Identifier: BSL-1.0
//
// The debug mode: who holds the loop, and who swallows a cancel.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using debug_test = api_test;

constexpr run_options watched{.debug = true, .slow_step = 10ms};

// Holds the loop until something has been reported.
[[gnu::noinline]] void hold_the_loop(const stderr_lines& said) {
    while (said.lines().empty()) {
    }
}

TEST_F(debug_test, names_a_task_that_holds_the_loop_with_its_stack) {
    stderr_lines said;
    std::uint64_t counted = 0;
    weft::run(watched, [&] {
        spawn({.name = "busy"}, [&] { hold_the_loop(said); }).get();
        counted = running_loop().stats().slow_steps;
    });
    ASSERT_GE(said.lines().size(), 4U);
    EXPECT_EQ(said.lines()[0], "weft: slow step: task 'busy': has held the loop for 10 ms, at");
    EXPECT_THAT(said.lines()[1], StartsWith("    "));
    EXPECT_EQ(counted, 1U); // once a step, however long it is
}

TEST_F(debug_test, names_a_callback_that_holds_the_loop) {
    stderr_lines said;
    weft::run(watched, [&] {
        running_loop().call_soon([&] { hold_the_loop(said); });
        yield();
    });
    EXPECT_EQ(said.lines().at(0), "weft: slow step: a callback: has held the loop for 10 ms, at");
}

TEST_F(debug_test, says_nothing_of_a_loop_that_sleeps) {
    stderr_lines said;
    weft::run(watched, [] { sleep_for(60ms); });
    EXPECT_THAT(said.lines(), IsEmpty());
}

TEST_F(debug_test, can_be_turned_on_and_off) {
    stderr_lines said;
    weft::run({.slow_step = 10ms}, [&] {
        EXPECT_FALSE(running_loop().debug());
        const auto end = clock::now() + 60ms;
        while (clock::now() < end) {
        }
        EXPECT_THAT(said.lines(), IsEmpty());
        running_loop().set_debug(true);
        EXPECT_TRUE(running_loop().debug());
        yield();
        hold_the_loop(said);
        running_loop().set_debug(false);
    });
    EXPECT_THAT(said.lines().at(0), HasSubstr("slow step"));
}

TEST_F(debug_test, names_a_task_that_swallows_its_cancel) {
    stderr_lines said;
    weft::run({.debug = true}, [] {
        auto t = spawn({.name = "stubborn"}, [] {
            try {
                sleep_until_cancelled();
            } catch (...) { // as one should not
            }
            return 1;
        });
        settle();
        t.cancel();
        EXPECT_EQ(t.get(), 1);
    });
    ASSERT_EQ(said.lines().size(), 1U);
    EXPECT_THAT(said.lines()[0],
                StartsWith("weft: swallowed cancel: task 'stubborn': was cancelled and has ended "
                           "with a value as if it had not been; let weft::cancelled pass, or call "
                           "uncancel() (spawned at "));
    const bool places_are_known = detail::std_source_location::current().line() != 0;
    EXPECT_THAT(said.lines()[0], HasSubstr(places_are_known ? "debug_test.cpp:" : "unknown place"));
}

TEST_F(debug_test, says_nothing_of_a_cancel_that_was_taken_back) {
    stderr_lines said;
    weft::run({.debug = true}, [] {
        auto t = spawn([] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) {
                current_task().uncancel();
            }
        });
        settle();
        t.cancel();
        t.get();
        try {
            with_timeout(1ms, sleep_until_cancelled);
        } catch (const timeout_error&) {
        }
    });
    EXPECT_THAT(said.lines(), IsEmpty());
}

TEST_F(debug_test, says_nothing_without_being_asked) {
    stderr_lines said;
    weft::run([] {
        auto t = spawn([] {
            try {
                sleep_until_cancelled();
            } catch (...) {
            }
        });
        settle();
        t.cancel();
        t.get();
    });
    EXPECT_THAT(said.lines(), IsEmpty());
}

TEST_F(debug_test, is_turned_on_by_the_environment) {
    ::setenv("WEFT_DEBUG", "1", 1);
    weft::run([] { EXPECT_TRUE(running_loop().debug()); });
    ::setenv("WEFT_DEBUG", "0", 1);
    weft::run([] { EXPECT_FALSE(running_loop().debug()); });
    ::unsetenv("WEFT_DEBUG");
    weft::run([] { EXPECT_FALSE(running_loop().debug()); });
}

} // namespace
} // namespace weft::test
