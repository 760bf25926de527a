// SPDX-License-Identifier: BSL-1.0
//
// latch. Waiting and cancelling as everywhere is in wait_points_test.cpp.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <stdexcept>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using latch_test = api_test;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(latch_test, opens_when_all_have_been_counted) {
    in_virtual_time([] {
        latch l(3);
        auto waiter = spawn([&] { l.wait(); });
        settle();
        l.count_down();
        l.count_down(0);
        settle();
        EXPECT_FALSE(l.try_wait());
        EXPECT_FALSE(waiter.done());
        l.count_down(2);
        EXPECT_TRUE(l.try_wait());
        settle();
        EXPECT_TRUE(waiter.done());
        l.wait();
        l.arrive_and_wait(0);
    });
    latch open(0);
    EXPECT_TRUE(open.try_wait());
    open.wait();
}

TEST_F(latch_test, tasks_arrive_and_wait_for_each_other) {
    in_virtual_time([] {
        latch l(4);
        int through = 0;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 3; ++i) {
            tasks.push_back(spawn([&] {
                l.arrive_and_wait();
                ++through;
            }));
        }
        settle();
        EXPECT_EQ(through, 0);
        l.arrive_and_wait(); // the last: no switch
        EXPECT_EQ(through, 0);
        settle();
        EXPECT_EQ(through, 3);
    });
}

TEST_F(latch_test, a_cancelled_arrival_counts) {
    in_virtual_time([] {
        latch l(2);
        auto t = spawn([&] { l.arrive_and_wait(); });
        settle();
        t.cancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
        l.count_down();
        EXPECT_TRUE(l.try_wait());
    });
}

TEST_F(latch_test, bad_counts_are_refused_and_change_nothing) {
    EXPECT_THAT(text_of<std::invalid_argument>([] { latch(-1); }),
                AllOf(HasSubstr("weft::latch"), HasSubstr("-1")));
    latch l(2);
    EXPECT_THAT(text_of<std::invalid_argument>([&] { l.count_down(3); }),
                AllOf(HasSubstr("weft::latch::count_down"), HasSubstr("2 left")));
    EXPECT_THROW(l.count_down(-1), std::invalid_argument);
    EXPECT_THROW(l.count_down(std::numeric_limits<std::ptrdiff_t>::min()), std::invalid_argument);
    EXPECT_THAT(text_of<std::invalid_argument>([&] { l.arrive_and_wait(3); }),
                HasSubstr("weft::latch::arrive_and_wait"));
    EXPECT_THROW(l.arrive_and_wait(1), no_running_loop) << "and nothing is counted";
    l.count_down(2);
    EXPECT_TRUE(l.try_wait());
    EXPECT_THROW(l.count_down(), std::invalid_argument);
}

TEST_F(latch_test, belongs_to_one_thread) {
    latch l(1);
    EXPECT_FALSE(l.try_wait());
    on_another_thread([&] {
        EXPECT_THROW(l.count_down(), wrong_loop);
        EXPECT_THROW(static_cast<void>(l.try_wait()), wrong_loop);
        EXPECT_THROW(l.arrive_and_wait(), wrong_loop);
    });
}

} // namespace
} // namespace weft::test
