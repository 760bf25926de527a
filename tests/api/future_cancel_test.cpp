// SPDX-License-Identifier: BSL-1.0
//
// Cancels and future<T>: of the waiter, which reaches the future and all who wait for it, before,
// with and after the value.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using future_cancel_test = api_test;

TEST_F(future_cancel_test, of_a_waiter_cancels_the_future_and_all_who_wait_for_it) {
    in_virtual_time([] {
        const future<int> f;
        std::vector<std::string> ends;
        const auto waiter = [&] { ends.push_back(end_of([&] { f.get(); })); };
        auto a = spawn(waiter);
        auto b = spawn([&] {
            waiter();
            EXPECT_EQ(current_task().cancelling(), 1);
        });
        auto c = spawn([&] {
            waiter();
            EXPECT_EQ(current_task().cancelling(), 0);
            settle(); // was not cancelled itself
        });
        settle();
        EXPECT_TRUE(b.cancel("why"));
        EXPECT_TRUE(f.cancelled());
        gather([&] { a.wait(); }, [&] { b.wait(); }, [&] { c.get(); });
        EXPECT_EQ(ends, std::vector<std::string>(3, "cancelled: why"));
        EXPECT_FALSE(f.try_set_result(1));
    });
}

TEST_F(future_cancel_test, of_a_waiter_in_wait_leaves_the_future_alone) {
    in_virtual_time([] {
        const future<int> f;
        auto waiter = spawn([&] { f.wait(); });
        yield_times(2);
        waiter.cancel();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
        EXPECT_FALSE(f.done());
        f.set_result(1);
        EXPECT_EQ(f.get(), 1);
    });
}

TEST_F(future_cancel_test, in_the_turn_of_the_value_the_waiter_is_cancelled_and_the_value_stays) {
    in_virtual_time([] {
        for (const bool waits : {false, true}) {
            const future<std::string> f;
            auto waiter = spawn([&] { waits ? f.wait() : static_cast<void>(f.get()); });
            yield_times(2);
            f.set_result("kept");
            EXPECT_TRUE(waiter.cancel());
            waiter.wait();
            EXPECT_TRUE(waiter.cancelled());
            EXPECT_EQ(f.get(), "kept");
        }
    });
}

TEST_F(future_cancel_test, before_the_value_in_one_turn_refuses_the_value) {
    in_virtual_time([] {
        const future<int> f;
        auto waiter = spawn([&] { f.get(); });
        settle();
        waiter.cancel();
        EXPECT_THROW(f.set_result(1), invalid_state);
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());

        const future<int> g;
        auto leaver = spawn([&] { g.wait(); });
        settle();
        leaver.cancel();
        g.set_result(1);
        leaver.wait();
        EXPECT_TRUE(leaver.cancelled());
        EXPECT_EQ(g.get(), 1);
    });
}

TEST_F(future_cancel_test, that_came_before_the_wait_reaches_the_future_and_is_used_up) {
    in_virtual_time([] {
        const future<int> f;
        auto t = spawn([&] {
            current_task().cancel("early");
            EXPECT_EQ(end_of([&] { f.get(); }), "cancelled: early");
            yield(); // delivered once
        });
        t.get();
        EXPECT_TRUE(f.cancelled());
        EXPECT_EQ(end_of([&] { f.get(); }), "cancelled: early");
    });
}

TEST_F(future_cancel_test, that_came_before_a_read_of_a_done_future_waits_for_the_next_block) {
    in_virtual_time([] {
        const future<int> f;
        f.set_result(1);
        auto t = spawn([&] {
            current_task().cancel();
            EXPECT_EQ(f.get(), 1);
            EXPECT_EQ(end_of(yield), "cancelled");
        });
        t.get();
    });
}

TEST_F(future_cancel_test, of_the_future_is_not_a_cancel_of_the_waiter) {
    in_virtual_time([] {
        const future<int> f;
        auto t = spawn([&] {
            EXPECT_EQ(end_of([&] { f.get(); }), "cancelled: gone");
            EXPECT_EQ(current_task().cancelling(), 0);
            f.wait(); // done
        });
        yield_times(2);
        f.cancel("gone");
        t.get();
    });
}

TEST_F(future_cancel_test, goes_through_a_chain_of_tasks_to_the_future_at_its_end) {
    in_virtual_time([] {
        const future<int> f;
        auto inner = spawn([&] { f.get(); });
        auto middle = spawn([&] { inner.get(); });
        auto outer = spawn([&] { middle.get(); });
        yield_times(2);
        outer.cancel("why");
        outer.wait();
        EXPECT_TRUE(outer.cancelled());
        EXPECT_TRUE(f.cancelled());
        EXPECT_EQ(end_of([&] { f.get(); }), "cancelled: why");
    });
}

TEST_F(future_cancel_test, while_unwinding_is_kept_and_the_value_arrives) {
    in_virtual_time([] {
        const future<int> f;
        int seen = 0;
        auto t = spawn([&] {
            try {
                const at_scope_end clean_up([&] { seen = f.get(); });
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) { // NOLINT(bugprone-empty-catch)
            }
            EXPECT_EQ(end_of(yield), "cancelled");
        });
        settle();
        t.cancel();
        EXPECT_FALSE(f.done());
        f.set_result(7);
        t.get();
        EXPECT_EQ(seen, 7);
    });
}

TEST_F(future_cancel_test, by_a_time_limit_in_the_turn_of_the_value) {
    in_virtual_time([] {
        for (const bool value_first : {true, false}) {
            const future<int> f;
            std::string end;
            task<void> setter;
            const auto start_setter = [&] {
                setter = spawn([&] {
                    sleep_for(1h);
                    f.try_set_result(1);
                });
                yield();
            };
            if (value_first) {
                start_setter();
            }
            auto waiter = spawn([&] { end = end_of([&] { with_timeout(1h, [&] { f.get(); }); }); });
            yield_times(2);
            if (!value_first) {
                start_setter();
            }
            waiter.get();
            setter.get();
            // Both are due in one turn; the limit cancels before any task runs.
            EXPECT_NE(end, "value");
            EXPECT_TRUE(f.cancelled());
        }
    });
}

TEST_F(future_cancel_test, at_every_turn_loses_no_value) {
    const int turns = cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        {
            const future<live_count::object> asked;
            const future<live_count::object> answered;
            auto helper = spawn([&] {
                asked.wait();
                yield();
                answered.try_set_result(live.make());
            });
            const auto end = attempt.run([&] {
                yield();
                asked.set_result(live.make());
                static_cast<void>(answered.get());
                yield();
            });
            if (end == cancel_attempt::outcome::value) {
                EXPECT_TRUE(answered.done() && !answered.cancelled());
            }
            asked.cancel(); // had the body not come so far
            helper.wait();
            EXPECT_TRUE(answered.done());
        }
        EXPECT_EQ(live.alive(), 0);
    });
    EXPECT_GT(turns, 4);
}

} // namespace
} // namespace weft::test
