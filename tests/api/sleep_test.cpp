// SPDX-License-Identifier: BSL-1.0
//
// sleep_for, sleep_until, yield: never early, one turn where there is nothing to wait for. What
// durations become is in duration_test.cpp.
#include "tests/support/api_fixture.hpp"

#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using sleep_test = api_test;

// How many turns f takes: a second task counts them.
template <class F>
int turns_of(F f) {
    int turns = 0;
    bool over = false;
    auto counter = spawn([&] {
        while (!over) {
            ++turns;
            yield();
        }
    });
    yield(); // the counter has begun, and is behind us in every turn
    turns = 0;
    f();
    const int counted = turns;
    over = true;
    counter.get();
    return counted;
}

TEST_F(sleep_test, yield_takes_exactly_one_turn) {
    const unshuffled order;
    in_virtual_time([] {
        EXPECT_EQ(turns_of([] {}), 0);
        EXPECT_EQ(turns_of(yield), 1);
        EXPECT_EQ(turns_of([] { yield_times(10); }), 10);
    });
}

TEST_F(sleep_test, nothing_to_wait_for_takes_exactly_one_turn) {
    const unshuffled order;
    in_virtual_time([] {
        EXPECT_EQ(turns_of([] { sleep_for(0s); }), 1);
        EXPECT_EQ(turns_of([] { sleep_for(-1s); }), 1);
        EXPECT_EQ(turns_of([] { sleep_for(std::chrono::hours::min()); }), 1);
        EXPECT_EQ(turns_of([] { sleep_until(clock::time_point{}); }), 1);
        EXPECT_EQ(turns_of([] { sleep_until(clock::time_point::min()); }), 1);
    });
}

TEST_F(sleep_test, satisfied_waits_take_no_turn) {
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        t.wait();
        EXPECT_EQ(turns_of([&] { t.wait(); }), 0);
        EXPECT_EQ(turns_of([&] { t.view().get(); }), 0);
        EXPECT_EQ(turns_of([&] { t.get(); }), 0);
        EXPECT_EQ(turns_of([] { static_cast<void>(current_task().name()); }), 0);
        EXPECT_EQ(turns_of([] { gather(); }), 0);
    });
}

TEST_F(sleep_test, waits_for_a_new_task_take_its_turn_and_the_wake_ups) {
    const unshuffled order;
    in_virtual_time([] { EXPECT_EQ(turns_of([] { spawn([] {}).get(); }), 2); });
}

TEST_F(sleep_test, is_never_early_in_real_time) {
    run([] {
        for (const auto d : {1ns, 50'000ns, 300'000ns}) {
            const auto begin = clock::now();
            sleep_for(d);
            EXPECT_GE(clock::now() - begin, d);
        }
        const auto when = clock::now() + 200us;
        sleep_until(when);
        EXPECT_GE(clock::now(), when);
    });
}

TEST_F(sleep_test, a_sleeper_wakes_though_others_keep_the_loop_busy) {
    run([] {
        bool woken = false;
        auto sleeper = spawn([&] {
            sleep_for(1ns);
            woken = true;
        });
        int turns = 0;
        while (!woken && turns < 10'000) {
            ++turns;
            yield();
        }
        // Timers are looked at after at most 64 turns.
        EXPECT_LE(turns, 200);
        sleeper.get();
    });
}

TEST_F(sleep_test, no_limit_means_until_cancelled) {
    in_virtual_time([] {
        auto longest = spawn([] { sleep_until(clock::time_point::max()); });
        auto endless = spawn([] { sleep_for(clock::duration::max()); });
        sleep_for(24h * 365 * 200); // all other timers are due
        EXPECT_FALSE(longest.done());
        EXPECT_FALSE(endless.done());
        longest.cancel();
        endless.cancel();
        longest.wait();
        endless.wait();
        EXPECT_TRUE(longest.cancelled());
        EXPECT_TRUE(endless.cancelled());
    });
}

TEST_F(sleep_test, sleep_until_takes_coarser_time_points) {
    in_virtual_time([] {
        bool woken = false;
        auto t = spawn([&] {
            sleep_until(std::chrono::time_point_cast<std::chrono::hours>(clock::now()) + 2h);
            woken = true;
        });
        t.get();
        EXPECT_TRUE(woken);
    });
}

} // namespace
} // namespace weft::test
