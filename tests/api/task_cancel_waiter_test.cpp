// SPDX-License-Identifier: BSL-1.0
//
// Cancelling a task that waits for another one: get() hands the cancel on, wait() and views do not.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_cancel_waiter_test = api_test;

TEST_F(task_cancel_waiter_test, get_cancels_the_inner_task_and_waits_for_its_end) {
    in_virtual_time([] {
        std::string log;
        auto inner = spawn([&] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled& c) {
                log += "inner " + c.message();
                sleep_for(1h);
                log += " cleaned up, ";
                throw;
            }
        });
        auto outer = spawn([&] {
            log += end_of([&] { inner.get(); });
            EXPECT_TRUE(inner.done());
        });
        settle();
        outer.cancel("why");
        EXPECT_EQ(outer.cancelling(), 1);
        EXPECT_EQ(inner.cancelling(), 1);
        outer.wait();
        EXPECT_EQ(log, "inner why cleaned up, cancelled: why");
        EXPECT_TRUE(inner.valid());
        EXPECT_TRUE(inner.cancelled());
    });
}

TEST_F(task_cancel_waiter_test, get_throws_also_when_the_inner_task_swallows_it) {
    in_virtual_time([] {
        auto inner = spawn([] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled: mine");
            sleep_for(1h);
            return 42;
        });
        auto outer = spawn([&] { return end_of([&] { inner.get(); }); });
        yield_times(2);
        outer.cancel("mine");
        EXPECT_EQ(outer.get(), "cancelled: mine");
        EXPECT_EQ(inner.get(), 42); // the value stayed in the handle
    });
}

TEST_F(task_cancel_waiter_test, get_throws_also_when_the_inner_task_fails_over_it) {
    in_virtual_time([] {
        auto inner = spawn([] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            throw std::runtime_error("boom");
        });
        auto outer = spawn([&] { return end_of([&] { inner.get(); }); });
        yield_times(2);
        outer.cancel();
        EXPECT_EQ(outer.get(), "cancelled");
        EXPECT_EQ(end_of([&] { inner.get(); }), "error: boom");
    });
}

TEST_F(task_cancel_waiter_test, get_can_be_tried_again) {
    in_virtual_time([] {
        auto inner = spawn([] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            return 42;
        });
        auto outer = spawn([&] {
            EXPECT_EQ(end_of([&] { inner.get(); }), "cancelled");
            return inner.get();
        });
        yield_times(2);
        outer.cancel();
        EXPECT_EQ(outer.get(), 42);
    });
}

TEST_F(task_cancel_waiter_test, taken_back_meanwhile_leaves_what_the_inner_task_made_of_it) {
    in_virtual_time([] {
        const auto waiter_of = [](auto& inner) {
            auto outer = spawn([&] { return end_of([&] { inner.get(); }); });
            settle();
            outer.cancel("mine");
            outer.uncancel();
            return outer.get();
        };
        auto swallows = spawn([] { return end_of(sleep_until_cancelled); });
        EXPECT_EQ(waiter_of(swallows), "value");
        auto stops = spawn(sleep_until_cancelled);
        EXPECT_EQ(waiter_of(stops), "cancelled: mine");
    });
}

TEST_F(task_cancel_waiter_test, an_inner_task_cancelled_by_others_does_not_cancel_the_waiter) {
    in_virtual_time([] {
        auto inner = spawn(sleep_until_cancelled);
        auto outer = spawn([&] {
            EXPECT_EQ(end_of([&] { inner.get(); }), "cancelled: other");
            EXPECT_EQ(current_task().cancelling(), 0);
            return 1;
        });
        yield_times(2);
        inner.cancel("other");
        EXPECT_EQ(outer.get(), 1);
    });
}

TEST_F(task_cancel_waiter_test, wait_passes_no_cancel_on) {
    in_virtual_time([] {
        auto inner = spawn([] {
            sleep_for(1h);
            return 5;
        });
        auto outer = spawn([&] { return end_of([&] { inner.wait(); }); });
        auto by_ref =
            spawn([ref = task_ref(inner.view())]() mutable { return end_of([&] { ref.wait(); }); });
        auto by_view =
            spawn([view = inner.view()]() mutable { return end_of([&] { view.get(); }); });
        yield_times(2);
        outer.cancel();
        by_ref.cancel();
        by_view.cancel();
        EXPECT_EQ(outer.get(), "cancelled");
        EXPECT_EQ(by_ref.get(), "cancelled");
        EXPECT_EQ(by_view.get(), "cancelled");
        EXPECT_FALSE(inner.done());
        EXPECT_EQ(inner.cancelling(), 0);
        EXPECT_EQ(inner.get(), 5);
    });
}

TEST_F(task_cancel_waiter_test, those_who_wait_for_a_cancelled_task_all_see_it) {
    in_virtual_time([] {
        auto inner = spawn(sleep_until_cancelled);
        auto a = spawn([&] { return end_of([view = inner.view()]() mutable { view.get(); }); });
        auto b = spawn([&] { return end_of([&] { inner.wait(); }); });
        auto c = spawn([&] { return end_of([&] { inner.get(); }); });
        settle();
        c.cancel("shared");
        EXPECT_EQ(a.get(), "cancelled: shared");
        EXPECT_EQ(b.get(), "value");
        EXPECT_EQ(c.get(), "cancelled: shared");
    });
}

} // namespace
} // namespace weft::test
