// SPDX-License-Identifier: BSL-1.0
//
// event. Waiting and cancelling as everywhere is in wait_points_test.cpp.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/places.hpp"

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using event_test = api_test;

TEST_F(event_test, stays_set_until_cleared) {
    event e; // needs no loop
    EXPECT_FALSE(e.is_set());
    e.set();
    e.set();
    EXPECT_TRUE(e.is_set());
    e.wait();
    EXPECT_TRUE(e.wait_for(0s));
    e.clear();
    e.clear();
    EXPECT_FALSE(e.is_set());
}

TEST_F(event_test, wakes_all_even_when_cleared_at_once) {
    in_virtual_time([] {
        event e;
        int woken = 0;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 3; ++i) {
            tasks.push_back(spawn([&] {
                e.wait();
                EXPECT_FALSE(e.is_set());
                ++woken;
            }));
            tasks.push_back(spawn([&] { woken += e.wait_for(1h) ? 1 : 0; }));
        }
        settle();
        e.set();
        e.clear();
        settle();
        EXPECT_EQ(woken, 6);
        for (auto& t : tasks) {
            t.get();
        }
    });
}

TEST_F(event_test, is_set_from_a_callback) {
    in_virtual_time([] {
        event e;
        auto t = spawn([&] { e.wait(); });
        yield();
        in_a_callback([&] {
            e.set();
            e.wait(); // set: blocks nobody
        });
        t.get();
    });
}

TEST_F(event_test, belongs_to_one_thread) {
    event e;
    e.set();
    on_another_thread([&] {
        EXPECT_THROW(e.set(), wrong_loop);
        EXPECT_THROW(e.clear(), wrong_loop);
        EXPECT_THROW(static_cast<void>(e.is_set()), wrong_loop);
        EXPECT_THROW(e.wait_for(0s), wrong_loop);
    });
}

} // namespace
} // namespace weft::test
