// SPDX-License-Identifier: BSL-1.0
//
// Cancels that arrive while a task unwinds, or while one of its destructors joins: kept, and
// delivered at the first blocking call after.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_cancel_unwind_test = api_test;

TEST_F(task_cancel_unwind_test, blocking_calls_in_destructors_do_not_throw_but_work) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] {
            try {
                const at_scope_end clean([&] {
                    log += "slept " + end_of([] { sleep_for(1h); }) + ", ";
                    log += "yielded " + end_of(yield) + ", ";
                });
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
                log += "then " + end_of([] { sleep_for(1h); });
            }
        });
        settle();
        EXPECT_TRUE(t.cancel("kept")); // while the destructor sleeps
        t.get();
        EXPECT_EQ(log, "slept value, yielded value, then cancelled: kept");
    });
}

TEST_F(task_cancel_unwind_test, a_sleep_in_a_destructor_is_not_cut_short) {
    in_virtual_time([] {
        bool hour_is_over = false;
        auto clock_task = spawn([&] {
            sleep_for(1h);
            hour_is_over = true;
        });
        auto t = spawn([&] {
            const at_scope_end clean([&] {
                sleep_for(2h);
                EXPECT_TRUE(hour_is_over);
            });
            throw std::runtime_error("boom");
        });
        settle();
        t.cancel();
        t.wait();
        EXPECT_EQ(end_of([&] { t.get(); }), "error: boom");
        clock_task.get();
    });
}

TEST_F(task_cancel_unwind_test, yield_in_a_destructor_gives_a_turn_though_a_cancel_is_kept) {
    const unshuffled order;
    in_virtual_time([] {
        bool flag = false;
        int turns = 0;
        auto t = spawn([&] {
            const at_scope_end wait_for_flag([&] {
                while (!flag && turns < 1'000) {
                    ++turns;
                    yield(); // would spin for ever if it gave no turn
                }
            });
            throw std::runtime_error("boom");
        });
        yield();
        t.cancel();
        auto setter = spawn([&] { flag = true; });
        t.wait();
        EXPECT_TRUE(flag);
        EXPECT_LE(turns, 4);
        setter.get();
        EXPECT_EQ(end_of([&] { t.get(); }), "error: boom");
    });
}

TEST_F(task_cancel_unwind_test, a_get_in_a_destructor_does_not_hand_it_on) {
    in_virtual_time([] {
        int value = 0;
        auto inner = spawn([] {
            sleep_for(1h);
            return 5;
        });
        auto outer = spawn([&] {
            try {
                const at_scope_end clean([&] { value = inner.get(); });
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
                yield();
            }
        });
        yield_times(2);
        outer.cancel();
        EXPECT_EQ(inner.cancelling(), 0);
        outer.wait();
        EXPECT_EQ(value, 5);
        EXPECT_TRUE(outer.cancelled());
    });
}

TEST_F(task_cancel_unwind_test, a_gather_in_a_destructor_does_not_hand_it_on) {
    in_virtual_time([] {
        int sum = 0;
        auto outer = spawn([&] {
            try {
                const at_scope_end clean([&] {
                    const auto [a, b] = gather(
                        [] {
                            sleep_for(1h);
                            return 1;
                        },
                        [] {
                            yield();
                            return 2;
                        });
                    sum = a + b;
                });
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
                yield();
            }
        });
        yield_times(2);
        outer.cancel();
        outer.wait();
        EXPECT_EQ(sum, 3);
        EXPECT_TRUE(outer.cancelled());
    });
}

TEST_F(task_cancel_unwind_test, of_oneself_before_unwinding_is_kept_too) {
    in_virtual_time([] {
        auto t = spawn([] {
            std::string in_destructor;
            try {
                const at_scope_end clean([&] { in_destructor = end_of([] { sleep_for(1h); }); });
                current_task().cancel();
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
            }
            EXPECT_EQ(in_destructor, "value");
            return end_of(yield);
        });
        EXPECT_EQ(t.get(), "cancelled");
    });
}

TEST_F(task_cancel_unwind_test, of_oneself_before_unwinding_is_not_handed_on_by_its_destructors) {
    in_virtual_time([] {
        std::string log;
        auto inner = spawn([] {
            sleep_for(1h);
            return 5;
        });
        auto outer = spawn([&] {
            try {
                const at_scope_end clean([&] {
                    log += std::to_string(inner.get());
                    const auto [a, b] = gather([] { return 6; },
                                               [] {
                                                   sleep_for(1h);
                                                   return 7;
                                               });
                    log += std::to_string(a) + std::to_string(b);
                });
                current_task().cancel();
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
            }
            log += end_of(yield);
        });
        outer.wait();
        EXPECT_EQ(log, "567cancelled");
    });
}

TEST_F(task_cancel_unwind_test, unwinding_because_of_a_cancel_keeps_the_second_one) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] {
            try {
                const at_scope_end clean([&] { log += end_of([] { sleep_for(1h); }) + ", "; });
                sleep_until_cancelled();
            } catch (const cancelled& c) {
                log += c.message() + ", ";
            }
            log += end_of(yield);
        });
        settle();
        t.cancel("first");
        settle(); // the destructor sleeps
        t.cancel("second");
        t.get();
        EXPECT_EQ(log, "value, first, cancelled: second");
    });
}

TEST_F(task_cancel_unwind_test, a_block_inside_a_catch_is_cancelled_as_usual) {
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
                return end_of(sleep_until_cancelled); // caught: nothing is in flight
            }
        });
        settle();
        t.cancel();
        EXPECT_EQ(t.get(), "cancelled");
    });
}

TEST_F(task_cancel_unwind_test, kept_to_the_end_makes_a_task_cancelled) {
    in_virtual_time([] {
        auto t = spawn([] {
            try {
                const at_scope_end clean([&] { sleep_for(1h); });
                throw std::runtime_error("boom");
            } catch (const std::runtime_error&) {
            }
            return 1; // no blocking call is left to deliver it
        });
        yield();
        t.cancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
    });
}

TEST_F(task_cancel_unwind_test, arriving_while_a_destructor_joins_is_kept) {
    const unshuffled order;
    in_virtual_time([] {
        std::string log;
        auto outer = spawn([&] {
            {
                auto slow = spawn([&] {
                    log += end_of(sleep_until_cancelled);
                    sleep_for(1h); // its cleaning up takes long
                    log += ", cleaned up, ";
                });
                yield();
            } // cancels `slow` and waits
            log += "after, ";
            log += end_of(yield);
        });
        yield_times(4); // outer joins now
        EXPECT_EQ(log, "cancelled");
        EXPECT_TRUE(outer.cancel("kept"));
        outer.get();
        EXPECT_EQ(log, "cancelled, cleaned up, after, cancelled: kept");
    });
}

TEST_F(task_cancel_unwind_test, handles_that_unwind_cancel_and_join) {
    in_virtual_time([] {
        live_count live;
        std::string log;
        auto outer = spawn([&] {
            auto child = spawn([&, held = live.make()] {
                const at_scope_end note([&] {
                    sleep_for(1h);
                    log += "child cleaned up, ";
                });
                sleep_until_cancelled();
            });
            settle();
            throw std::runtime_error("boom");
        });
        EXPECT_EQ(end_of([&] { outer.get(); }), "error: boom");
        EXPECT_EQ(log, "child cleaned up, ");
        EXPECT_EQ(live.alive(), 0);
    });
}

} // namespace
} // namespace weft::test
