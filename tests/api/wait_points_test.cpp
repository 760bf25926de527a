// SPDX-License-Identifier: BSL-1.0
//
// What holds wherever a task waits for another: it is woken once; cancelled, at whatever moment, it
// leaves and nothing is lost; waiting and waking allocate nothing.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/wait_points.hpp"

#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

template <class Point>
class wait_points_test : public api_test {};
TYPED_TEST_SUITE(wait_points_test, wait_points);

TYPED_TEST(wait_points_test, a_waiter_goes_on_one_turn_after_it_was_woken) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        auto t = spawn([&] { p.take(); });
        yield_times(3);
        EXPECT_FALSE(t.done());
        p.wake();
        EXPECT_FALSE(t.done());
        yield();
        EXPECT_TRUE(t.done());
        t.get();
    });
}

TYPED_TEST(wait_points_test, what_nobody_waits_for_is_taken_without_a_turn) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        p.wake();
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(wait_points_test, waiters_are_served_in_the_order_of_their_coming) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        std::string order;
        std::vector<task<void>> tasks;
        for (const char name : {'a', 'b', 'c'}) {
            tasks.push_back(spawn([&, name] {
                p.take();
                order += name;
                p.give();
            }));
        }
        yield();
        p.wake();
        yield_times(5);
        if (!TypeParam::kept) { // a notification is for one
            EXPECT_EQ(order, "a");
            p.wake();
            p.wake();
        }
        for (auto& t : tasks) {
            t.get();
        }
        EXPECT_EQ(order, "abc");
    });
}

TYPED_TEST(wait_points_test, a_cancelled_waiter_leaves) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        auto t = spawn([&] { p.take(); });
        yield();
        t.cancel("enough");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: enough");
        p.wake();
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(wait_points_test, cancelled_just_before_it_would_have_been_woken_it_takes_nothing) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        auto t = spawn([&] { p.take(); });
        yield();
        t.cancel("enough");
        p.wake();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: enough");
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(wait_points_test, cancelled_just_after_it_was_woken_it_leaves_that_to_who_comes) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        auto t = spawn([&] { p.take(); });
        yield();
        p.wake();
        t.cancel("enough");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: enough");
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(wait_points_test, cancelled_in_either_order_with_the_wake_the_next_waiter_gets_it) {
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([cancel_first] {
            TypeParam p;
            p.hold();
            auto first = spawn([&] { p.take(); });
            auto second = spawn([&] { p.take(); });
            settle();
            if (cancel_first) {
                first.cancel();
            }
            p.wake();
            first.cancel();
            settle();
            EXPECT_TRUE(first.cancelled());
            EXPECT_TRUE(second.done());
            second.get();
        });
    }
}

TYPED_TEST(wait_points_test, when_both_waiters_are_cancelled_it_is_there_for_a_third) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        auto first = spawn([&] { p.take(); });
        auto second = spawn([&] { p.take(); });
        yield();
        p.wake();
        first.cancel();
        yield(); // now the second has it
        second.cancel();
        yield_times(2);
        EXPECT_TRUE(first.cancelled());
        // A broadcast had reached both.
        EXPECT_EQ(second.cancelled(), !TypeParam::broadcast);
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(wait_points_test, a_cancel_that_is_pending_ends_a_wait_at_once_but_no_free_pass) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        if (TypeParam::kept) {
            p.wake();
            auto passes = spawn([&] {
                current_task().cancel();
                p.take();
                p.give();
                EXPECT_EQ(current_task().uncancel(), 0);
            });
            passes.get();
        }
    });
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        auto waits = spawn([&] {
            current_task().cancel();
            p.take();
        });
        settle();
        EXPECT_TRUE(waits.cancelled());
        p.wake();
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(wait_points_test, while_unwinding_a_cancel_waits_for_the_next_blocking_call) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        bool took = false;
        auto t = spawn([&] {
            try {
                const at_scope_end waits([&] {
                    p.take();
                    took = true;
                });
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
            }
            EXPECT_EQ(end_of([] { yield(); }), "cancelled: later");
        });
        settle();
        t.cancel("later");
        settle();
        EXPECT_FALSE(took);
        p.wake();
        t.get();
        EXPECT_TRUE(took);
    });
}

TYPED_TEST(wait_points_test, waiting_and_waking_allocate_nothing) {
    in_virtual_time([] {
        const auto use = [](bool count, bool cancelled) {
            TypeParam p;
            p.hold();
            p.wake();
            if (TypeParam::kept) { // what is allocated once
                EXPECT_TRUE(can_be_taken(p));
            }
            TypeParam fresh;
            TypeParam& used = std::is_same_v<TypeParam, latch_point> ? fresh : p;
            used.hold();
            auto t = spawn([&] { used.take(); });
            const failing_new none(count ? 1 : 0);
            settle();
            if (cancelled) {
                t.cancel();
            }
            used.wake();
            settle();
            EXPECT_TRUE(t.done());
            EXPECT_FALSE(none.struck());
        };
        use(false, false); // stacks
        use(true, false);
        use(true, true);
    });
}

TYPED_TEST(wait_points_test, is_cancelled_everywhere) {
    EXPECT_GT(cancel_at_every_turn([](cancel_attempt& attempt) {
                  TypeParam p;
                  auto waker = spawn({.eager = true}, [&] {
                      p.hold();
                      sleep_for(2ms);
                      yield();
                      p.wake();
                  });
                  auto other = spawn([&] {
                      yield_times(2);
                      p.take();
                      yield();
                      p.give();
                  });
                  attempt.run([&] {
                      yield();
                      p.take();
                      const at_scope_end gives([&] { p.give(); });
                      yield();
                      sleep_for(1ms);
                  });
                  waker.get();
                  if (!TypeParam::kept) {
                      p.wake(); // one notification for two
                  }
                  other.get();
                  EXPECT_EQ(can_be_taken(p), TypeParam::kept);
              }),
              5);
}

} // namespace
} // namespace weft::test
