// SPDX-License-Identifier: BSL-1.0
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <climits>

#include <chrono>

namespace {

using namespace weft::test;
using namespace std::chrono_literals;

template <class Side>
class posix_sleeping : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_sleeping, both_sides, side_names);

TYPED_TEST(posix_sleeping, lasts_at_least_as_long_as_it_says) {
    TypeParam::run([] {
        const auto start = std::chrono::steady_clock::now();
        const auto passed = [&] { return std::chrono::steady_clock::now() - start; };
        const timespec little{0, 1'000'000};
        EXPECT_EQ(TypeParam::nanosleep(&little, nullptr), 0);
        EXPECT_GE(passed(), 1ms);
        EXPECT_EQ(TypeParam::usleep(1'000), 0);
        EXPECT_GE(passed(), 2ms);
        EXPECT_EQ(TypeParam::clock_nanosleep(CLOCK_MONOTONIC, 0, &little, nullptr), 0);
        EXPECT_GE(passed(), 3ms);
        EXPECT_EQ(TypeParam::clock_nanosleep(CLOCK_REALTIME, 0, &little, nullptr), 0);
        EXPECT_GE(passed(), 4ms);
    });
}

TYPED_TEST(posix_sleeping, ends_at_a_point_of_a_clock) {
    TypeParam::run([] {
        for (const clockid_t clock : {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME}) {
            timespec end{};
            ::clock_gettime(clock, &end);
            end.tv_nsec += 1'000'000;
            if (end.tv_nsec >= 1'000'000'000) {
                end.tv_nsec -= 1'000'000'000;
                ++end.tv_sec;
            }
            EXPECT_EQ(TypeParam::clock_nanosleep(clock, TIMER_ABSTIME, &end, nullptr), 0);
            timespec now{};
            ::clock_gettime(clock, &now);
            EXPECT_GE(now.tv_sec * 1'000'000'000 + now.tv_nsec,
                      end.tv_sec * 1'000'000'000 + end.tv_nsec);
            const timespec past{1, 0};
            EXPECT_EQ(TypeParam::clock_nanosleep(clock, TIMER_ABSTIME, &past, nullptr), 0);
        }
    });
}

TYPED_TEST(posix_sleeping, says_what_is_no_time) {
    TypeParam::run([] {
        const timespec negative{-1, 0};
        const timespec overfull{0, 1'000'000'000};
        for (const timespec* t : {&negative, &overfull}) {
            EXPECT_EQ(told(TypeParam::nanosleep(t, nullptr)), failed(EINVAL));
            EXPECT_EQ(TypeParam::clock_nanosleep(CLOCK_MONOTONIC, 0, t, nullptr), EINVAL);
            EXPECT_EQ(TypeParam::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, t, nullptr),
                      EINVAL);
        }
        const timespec none{};
        EXPECT_EQ(TypeParam::clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &none, nullptr), EINVAL);
        EXPECT_EQ(TypeParam::clock_nanosleep(4711, 0, &none, nullptr), EINVAL);
        EXPECT_EQ(TypeParam::nanosleep(&none, nullptr), 0);
        EXPECT_EQ(TypeParam::usleep(0), 0);
        EXPECT_EQ(TypeParam::sleep(0), 0U);
    });
}

class posix_sleeping_tasks : public api_test {};

TEST_F(posix_sleeping_tasks, suspends_one_task_for_exactly_its_time) {
    in_virtual_time([] {
        const auto start = loop_time();
        auto hour = weft::spawn([] { return weft::posix::sleep(3'600); });
        auto little = weft::spawn([] { return weft::posix::usleep(1); });
        EXPECT_EQ(little.get(), 0);
        EXPECT_EQ(loop_time() - start, 1us);
        EXPECT_EQ(hour.get(), 0U);
        EXPECT_EQ(loop_time() - start, 1h);
    });
}

TEST_F(posix_sleeping_tasks, for_no_time_gives_up_one_turn) {
    in_virtual_time([] {
        int turns = 0;
        auto other = weft::spawn([&] { ++turns; });
        weft::posix::usleep(0);
        const timespec none{};
        weft::posix::nanosleep(&none, nullptr);
        EXPECT_EQ(turns, 1);
        other.get();
    });
}

TEST_F(posix_sleeping_tasks, for_longer_than_there_is_time_lasts_until_the_cancel) {
    in_virtual_time([] {
        auto sleeper = weft::spawn([] {
            const timespec ever{LONG_MAX, 999'999'999};
            EXPECT_EQ(told(weft::posix::nanosleep(&ever, nullptr)), failed(ECANCELED));
        });
        weft::sleep_for(24h * 365 * 100);
        EXPECT_FALSE(sleeper.done());
        sleeper.cancel();
        EXPECT_THROW(sleeper.get(), weft::cancelled);
    });
}

} // namespace
