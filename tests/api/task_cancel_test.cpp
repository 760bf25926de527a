// SPDX-License-Identifier: BSL-1.0
//
// Cancelling one task, at each point of its life. A cancel is one edge: the current or next
// blocking call throws `cancelled` once.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_cancel_test = api_test;

TEST_F(task_cancel_test, before_the_first_step_the_body_never_runs) {
    in_virtual_time([] {
        live_count live;
        bool ran = false;
        auto t = spawn([&ran, held = live.make()](const live_count::object&) { ran = true; },
                       live.make());
        EXPECT_TRUE(t.cancel("too soon"));
        EXPECT_FALSE(t.done());
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: too soon");
        EXPECT_FALSE(ran);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(task_cancel_test, while_blocked_it_is_thrown_there) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] {
            log = end_of([] { sleep_for(1h); });
            throw cancelled("passed on");
        });
        settle();
        EXPECT_TRUE(t.cancel("reason"));
        EXPECT_EQ(log, ""); // a request, no interruption
        t.wait();
        EXPECT_EQ(log, "cancelled: reason");
        EXPECT_TRUE(t.cancelled());
    });
}

// In one turn `awaited` ends, which wakes the waiter, and then `between` is called.
template <class F>
std::string woken_and_then(F between) {
    std::string end;
    auto awaited = spawn([] {
        yield();
        return std::string("value");
    });
    auto waiter = spawn([&] { end = end_of([&] { awaited.get(); }); });
    yield(); // `awaited` yields, the waiter waits
    auto other = spawn([&] {
        EXPECT_TRUE(awaited.done());
        EXPECT_FALSE(waiter.done());
        between(waiter);
    });
    other.get();
    waiter.wait();
    if (end != "value") {
        EXPECT_EQ(awaited.get(), "value"); // nothing is lost
    }
    return end;
}

TEST_F(task_cancel_test, between_wake_up_and_resume_it_wins) {
    const unshuffled order;
    in_virtual_time([] {
        EXPECT_EQ(woken_and_then([](auto& waiter) { EXPECT_TRUE(waiter.cancel()); }), "cancelled");
        EXPECT_EQ(woken_and_then([](auto&) {}), "value");
    });
}

TEST_F(task_cancel_test, taken_back_between_wake_up_and_resume_was_nothing) {
    const unshuffled order;
    in_virtual_time([] {
        EXPECT_EQ(woken_and_then([](auto& waiter) {
                      waiter.cancel();
                      waiter.uncancel();
                  }),
                  "value");
    });
}

TEST_F(task_cancel_test, between_a_timers_end_and_the_resume_it_wins) {
    const unshuffled order;
    in_virtual_time([] {
        const auto when = clock::now() + 1h;
        std::string log;
        task<void> sleeper;
        auto canceller = spawn([&] {
            sleep_until(when);
            EXPECT_TRUE(sleeper.cancel());
        });
        sleeper = spawn([&] { log = end_of([&] { sleep_until(when); }); });
        sleeper.wait();
        EXPECT_EQ(log, "cancelled");
        canceller.get();
    });
}

TEST_F(task_cancel_test, of_a_finished_task_does_nothing) {
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        t.wait();
        EXPECT_FALSE(t.cancel());
        EXPECT_EQ(t.cancelling(), 0);
        EXPECT_FALSE(t.cancelled());
        EXPECT_EQ(t.get(), 1);

        auto stopped = spawn(sleep_until_cancelled);
        stopped.cancel("first");
        stopped.wait();
        EXPECT_FALSE(stopped.cancel("second"));
        EXPECT_EQ(stopped.cancelling(), 1);
        EXPECT_EQ(end_of([&] { stopped.get(); }), "cancelled: first");
    });
}

TEST_F(task_cancel_test, of_oneself_and_a_return_ends_as_cancelled) {
    in_virtual_time([] {
        live_count live;
        auto t = spawn([&] {
            EXPECT_TRUE(current_task().cancel("myself"));
            return live.make();
        });
        EXPECT_EQ(end_of([&] { t.wait(); }), "value");
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(live.alive(), 0); // the value is dropped
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: myself");
    });
}

TEST_F(task_cancel_test, of_oneself_is_thrown_by_the_next_block) {
    in_virtual_time([] {
        auto t = spawn([] {
            current_task().cancel("myself");
            EXPECT_EQ(end_of([] { sleep_for(1h); }), "cancelled: myself");
            EXPECT_EQ(end_of([] { sleep_for(1h); }), "value"); // once
            return 1;
        });
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(task_cancel_test, of_oneself_passes_by_what_does_not_block) {
    in_virtual_time([] {
        auto done = spawn([] { return 1; });
        done.wait();
        auto t = spawn([&] {
            current_task().cancel();
            EXPECT_EQ(done.get(), 1);
            EXPECT_EQ(current_task().cancelling(), 1);
            yield();
        });
        t.wait();
        EXPECT_TRUE(t.cancelled());
    });
}

TEST_F(task_cancel_test, of_oneself_reaches_the_task_one_then_waits_for) {
    in_virtual_time([] {
        auto inner = spawn({.name = "inner"}, sleep_until_cancelled);
        auto outer = spawn([&] {
            current_task().cancel("myself");
            inner.get();
        });
        EXPECT_EQ(end_of([&] { outer.get(); }), "cancelled: myself");
        EXPECT_TRUE(inner.done());
        EXPECT_TRUE(inner.cancelled());
    });
}

TEST_F(task_cancel_test, of_oneself_loses_against_an_error) {
    in_virtual_time([] {
        auto t = spawn([] {
            current_task().cancel();
            throw std::runtime_error("boom");
        });
        EXPECT_EQ(end_of([&] { t.get(); }), "error: boom");
    });
}

TEST_F(task_cancel_test, of_a_task_that_is_ready_to_go_on) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] { log = end_of(yield); });
        yield();
        EXPECT_TRUE(t.cancel());
        t.wait();
        EXPECT_EQ(log, "cancelled");
    });
}

TEST_F(task_cancel_test, that_is_swallowed_leaves_a_normal_end) {
    in_virtual_time([] {
        auto t = spawn([] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            sleep_for(1h); // later calls work
            EXPECT_EQ(current_task().cancelling(), 1);
            return 7;
        });
        settle();
        t.cancel();
        EXPECT_EQ(t.view().get(), 7);
        EXPECT_FALSE(t.cancelled());
        EXPECT_EQ(t.cancelling(), 1);
        EXPECT_EQ(t.get(), 7);
    });
}

TEST_F(task_cancel_test, can_be_swallowed_and_come_again) {
    in_virtual_time([] {
        int swallowed = 0;
        auto t = spawn([&] {
            while (end_of(sleep_until_cancelled) == "cancelled" && ++swallowed < 3) {
            }
        });
        for (int i = 1; i <= 3; ++i) {
            yield_times(2);
            t.cancel();
            EXPECT_EQ(t.cancelling(), i);
        }
        t.get();
        EXPECT_EQ(swallowed, 3);
    });
}

TEST_F(task_cancel_test, that_becomes_another_error_is_that_error) {
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) {
                throw std::runtime_error("cleaning up failed");
            }
        });
        settle();
        t.cancel();
        EXPECT_EQ(end_of([&] { t.view().get(); }), "error: cleaning up failed");
        EXPECT_FALSE(t.cancelled());
    });
}

TEST_F(task_cancel_test, thrown_by_the_body_itself_counts_as_cancelled) {
    in_virtual_time([] {
        auto t = spawn([] { throw cancelled("on my own"); });
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(t.cancelling(), 0);
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: on my own");
    });
}

TEST_F(task_cancel_test, leaves_with_the_message_of_what_the_body_let_out) {
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled&) {
                throw cancelled("changed");
            }
        });
        settle();
        t.cancel("original");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: changed");
    });
}

TEST_F(task_cancel_test, is_not_a_std_exception) {
    static_assert(!std::is_base_of_v<std::exception, cancelled>);
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                sleep_until_cancelled();
            } catch (const std::exception&) {
                ADD_FAILURE() << "swallowed by catch (const std::exception&)";
            }
        });
        yield();
        t.cancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
    });
}

TEST_F(task_cancel_test, several_before_delivery_are_one) {
    in_virtual_time([] {
        auto t = spawn([] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled: third");
            EXPECT_EQ(current_task().cancelling(), 3);
            EXPECT_EQ(end_of(yield), "value");
        });
        settle();
        EXPECT_TRUE(t.cancel("first"));
        EXPECT_TRUE(t.cancel("second"));
        EXPECT_TRUE(t.cancel("third"));
        t.get();
    });
}

TEST_F(task_cancel_test, the_count_goes_down_with_uncancel) {
    in_virtual_time([] {
        auto t = spawn([] {
            EXPECT_EQ(current_task().uncancel(), 0); // never below
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            EXPECT_EQ(current_task().cancelling(), 2);
            EXPECT_EQ(current_task().uncancel(), 1);
            EXPECT_EQ(current_task().uncancel(), 0);
            EXPECT_EQ(current_task().uncancel(), 0);
            sleep_for(1h);
        });
        settle();
        t.cancel();
        t.cancel();
        t.wait();
        EXPECT_FALSE(t.cancelled());
        EXPECT_EQ(t.cancelling(), 0);
        t.get();
    });
}

TEST_F(task_cancel_test, not_yet_delivered_is_dropped_by_the_last_uncancel) {
    in_virtual_time([] {
        auto before_begin = spawn([] { return 1; });
        before_begin.cancel();
        before_begin.cancel();
        EXPECT_EQ(before_begin.uncancel(), 1);
        EXPECT_EQ(before_begin.uncancel(), 0);
        EXPECT_EQ(before_begin.get(), 1);

        auto itself = spawn([] {
            current_task().cancel();
            current_task().uncancel();
            yield();
            return 2;
        });
        EXPECT_EQ(itself.get(), 2);
    });
}

TEST_F(task_cancel_test, not_yet_delivered_stays_while_one_request_is_left) {
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        t.cancel();
        t.cancel();
        t.uncancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
    });
}

TEST_F(task_cancel_test, taken_back_after_it_broke_a_wait_off_is_thrown_all_the_same) {
    in_virtual_time([] {
        auto t = spawn([] { return end_of([] { sleep_for(1h); }); });
        settle();
        t.cancel();
        t.uncancel();
        EXPECT_EQ(t.get(), "cancelled"); // anything else would be a sleep that ended early
    });
}

TEST_F(task_cancel_test, messages_are_those_of_the_last_request) {
    in_virtual_time([] {
        auto t = spawn(sleep_until_cancelled);
        yield();
        t.cancel("first");
        t.cancel();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
    });
}

TEST_F(task_cancel_test, the_main_task_can_be_cancelled_and_go_on) {
    in_virtual_time([] {
        task_ref main = current_task();
        auto other = spawn([&] { main.cancel("from below"); });
        EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled: from below");
        other.get();
    });
}

} // namespace
} // namespace weft::test
