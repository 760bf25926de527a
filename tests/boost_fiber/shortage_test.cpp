// SPDX-License-Identifier: BSL-1.0
//
// No memory, used up stacks, and fibers that hold the loop for too long.
#include "tests/support/api_each_allocation.hpp"
#include "tests/support/api_stderr.hpp"
#include "tests/support/boost_fiber_threads.hpp"
#include "tests/support/stack_use.hpp"

#include <weft/weft.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace weft::test {

namespace fibers = boost::fibers;

namespace {

using boost_fiber_shortage = api_test;

TEST_F(boost_fiber_shortage, SpawningWithoutMemoryThrowsAndLeavesNothing) {
    on_boost_fibers([] {
        spawn([] {
            EXPECT_GT(for_each_allocation([] { spawn([] {}).get(); }), 0);
            EXPECT_GT(for_each_allocation([] { spawn({.eager = true}, [] {}).get(); }), 0);
        }).get();
    });
}

TEST_F(boost_fiber_shortage, AFiberThatHoldsTheThreadIsReportedByName) {
    stderr_lines said;
    on_boost_fibers(
        [&] {
            fibers::fiber busy([&] {
                current_task().set_name("busy");
                const auto end = std::chrono::steady_clock::now() + 10s;
                while (said.lines().empty() && std::chrono::steady_clock::now() < end) {
                }
            });
            busy.join();
            EXPECT_EQ(running_loop().stats().slow_steps, 1U);
        },
        {.debug = true, .slow_step = 10ms});
    EXPECT_THAT(said.lines().at(0), testing::HasSubstr("slow step: task 'busy'"));
}

TEST_F(boost_fiber_shortage, AThreadWhoseFibersWaitIsNotSlow) {
    stderr_lines said;
    on_boost_fibers(
        [] {
            fibers::fiber waiting([] { boost::this_fiber::sleep_for(150ms); });
            sleep_for(150ms);
            waiting.join();
            EXPECT_EQ(running_loop().stats().slow_steps, 0U);
        },
        {.debug = true, .slow_step = 100ms});
    EXPECT_EQ(said.lines(), std::vector<std::string>());
}

TEST_F(boost_fiber_shortage, AnOverflowOfATasksStackDeathNamesTheTask) {
    EXPECT_DEATH(on_boost_fibers([] { spawn({.name = "deep"}, use_up_stack).get(); }),
                 "stack overflow in task 'deep': its stack of 262144 bytes is used up");
}

} // namespace
} // namespace weft::test
