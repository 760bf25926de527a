// SPDX-License-Identifier: BSL-1.0
//
// run({.virtual_time = true}): the clock stands still while anything can run and jumps to the next
// deadline when nothing can.
#include "tests/support/api_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using virtual_time_test = api_test;

TEST_F(virtual_time_test, years_of_sleeping_end_at_once) {
    const auto begin = clock::now();
    in_virtual_time([] {
        for (int i = 0; i < 100; ++i) {
            sleep_for(24h * 365);
        }
        std::vector<task<void>> sleepers;
        for (int i = 0; i < 100; ++i) {
            sleepers.push_back(spawn([i] { sleep_for(i * 1h); }));
        }
        for (auto& t : sleepers) {
            t.get();
        }
    });
    EXPECT_LT(clock::now() - begin, 60s); // generous: it is some microseconds
}

TEST_F(virtual_time_test, sleepers_wake_in_order_of_their_deadlines) {
    std::string log;
    in_virtual_time([&] {
        std::vector<task<void>> sleepers;
        for (const char* hours : {"5", "1", "4", "2", "3"}) {
            sleepers.push_back(spawn([&log, hours] {
                sleep_for(std::chrono::hours(std::stoi(hours)));
                log += hours;
            }));
        }
        for (auto& t : sleepers) {
            t.get();
        }
    });
    EXPECT_EQ(log, "12345");
}

TEST_F(virtual_time_test, equal_deadlines_wake_in_order_of_their_making) {
    const unshuffled order;
    std::string log;
    in_virtual_time([&] {
        const auto when = clock::now() + 1h;
        std::vector<task<void>> sleepers;
        for (const char name : std::string("abcdefghij")) {
            sleepers.push_back(spawn([&log, name, when] {
                sleep_until(when);
                log += name;
            }));
        }
        for (auto& t : sleepers) {
            t.get();
        }
    });
    EXPECT_EQ(log, "abcdefghij");
}

TEST_F(virtual_time_test, deadlines_that_differ_by_a_nanosecond_differ) {
    std::string log;
    in_virtual_time([&] {
        const auto when = clock::now() + 1h;
        auto later = spawn([&] {
            sleep_until(when + 1ns);
            log += "later";
        });
        auto sooner = spawn([&] {
            sleep_until(when);
            log += "sooner ";
        });
        later.get();
        sooner.get();
    });
    EXPECT_EQ(log, "sooner later");
}

TEST_F(virtual_time_test, stands_still_while_anything_can_run) {
    in_virtual_time([] {
        bool woken = false;
        auto sleeper = spawn([&] {
            sleep_for(1ns);
            woken = true;
        });
        // Far more turns than the loop takes before it looks at its timers.
        yield_times(1'000);
        EXPECT_FALSE(woken);
        sleeper.get();
        EXPECT_TRUE(woken);
    });
}

TEST_F(virtual_time_test, passes_between_steps_not_within_them) {
    const unshuffled order;
    // 10 sleeps of 6 minutes are one hour exactly: no real time leaks in.
    std::string log;
    in_virtual_time([&] {
        const auto begin = clock::now();
        auto whole = spawn([&] {
            sleep_until(begin + 1h);
            log += "whole ";
        });
        auto pieces = spawn([&] {
            for (int i = 1; i <= 10; ++i) {
                sleep_until(begin + i * 6min);
            }
            log += "pieces";
        });
        whole.get();
        pieces.get();
    });
    EXPECT_EQ(log, "whole pieces");
}

TEST_F(virtual_time_test, a_cancelled_sleep_takes_its_deadline_along) {
    std::string log;
    in_virtual_time([&] {
        auto first = spawn([&] { sleep_for(1h); });
        auto second = spawn([&] {
            sleep_for(2h);
            log += "second";
        });
        yield();
        first.cancel();
        EXPECT_EQ(end_of([&] { first.get(); }), "cancelled");
        EXPECT_EQ(log, "");
        second.get();
    });
    EXPECT_EQ(log, "second");
}

} // namespace
} // namespace weft::test
