// SPDX-License-Identifier: BSL-1.0
//
// wait_for(): what is awaited ends in time or is cancelled and waited for; every order in which
// end, limit and cancel may come.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using wait_for_test = api_test;
using testing::AllOf;
using testing::HasSubstr;

task<int> value_after(clock::duration d) {
    return spawn([d] {
        sleep_for(d);
        return 1;
    });
}

TEST_F(wait_for_test, gives_the_value_of_what_ends_in_time) {
    in_virtual_time([] {
        auto t = value_after(1h);
        EXPECT_EQ(wait_for(t, 2h), 1);
        EXPECT_EQ(t.get(), 1); // a copy was taken
        EXPECT_EQ(wait_for(value_after(1h), 2h), 1);
        auto viewed = value_after(1h);
        EXPECT_EQ(wait_for(viewed.view(), 2h), 1);
        const future<std::string> f;
        auto setter = spawn([&] { f.set_result("set"); });
        EXPECT_EQ(wait_for(f, 1h), "set");
        setter.get();
        auto unique = spawn([] { return std::make_unique<int>(5); });
        EXPECT_EQ(*wait_for(unique, 1h), 5);
        EXPECT_FALSE(unique.valid());
        wait_for(spawn([] {}), clock::duration::max());
    });
}

TEST_F(wait_for_test, throws_the_error_of_what_fails_in_time) {
    in_virtual_time([] {
        const auto fail = []() -> int { throw std::runtime_error("boom"); };
        EXPECT_EQ(end_of([&] { wait_for(spawn(fail), 1h); }), "error: boom");
        EXPECT_EQ(end_of([&] { wait_for(fail, 1h); }), "error: boom");
        const future<int> f;
        f.cancel("gone");
        EXPECT_EQ(end_of([&] { wait_for(f, 1h); }), "cancelled: gone");
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST_F(wait_for_test, cancels_what_is_late_and_waits_for_its_end) {
    in_virtual_time([] {
        bool cleaned = false;
        auto t = spawn([&] {
            const at_scope_end clean([&] {
                sleep_for(5h);
                cleaned = true;
            });
            sleep_until_cancelled();
        });
        const auto start = running_loop().time();
        EXPECT_THAT(text_of<timeout_error>([&] { wait_for(t, 1h); }),
                    AllOf(HasSubstr("weft::wait_for"), HasSubstr("time limit")));
        EXPECT_TRUE(cleaned);
        EXPECT_EQ(running_loop().time() - start, 6h);
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(current_task().cancelling(), 0);

        const future<int> f;
        EXPECT_THROW(wait_for(f, 1h), timeout_error);
        EXPECT_TRUE(f.cancelled());
        auto viewed = value_after(5h);
        EXPECT_THROW(wait_for(viewed.view(), 1h), timeout_error);
        EXPECT_TRUE(viewed.cancelled());
    });
}

TEST_F(wait_for_test, what_swallows_the_cancel_has_its_way) {
    in_virtual_time([] {
        const auto swallow = [] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            sleep_for(1h);
            return 7;
        };
        const auto fail = []() -> int {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            throw std::runtime_error("boom");
        };
        EXPECT_EQ(wait_for(spawn(swallow), 1h), 7);
        EXPECT_EQ(wait_for(swallow, 1h), 7);
        EXPECT_EQ(end_of([&] { wait_for(spawn(fail), 1h); }), "error: boom");
        EXPECT_EQ(end_of([&] { wait_for(fail, 1h); }), "error: boom");
        EXPECT_EQ(current_task().cancelling(), 0);
    });
}

TEST_F(wait_for_test, runs_a_callable_in_this_task) {
    in_virtual_time([] {
        const auto self = current_task().id();
        EXPECT_EQ(wait_for([] { return current_task().id(); }, 1h), self);
        EXPECT_THAT(text_of<timeout_error>([] { wait_for(sleep_until_cancelled, 1h); }),
                    HasSubstr("weft::wait_for"));
        int target = 1;
        static_assert(
            std::is_same_v<decltype(wait_for([&]() -> int& { return target; }, 1h)), int&>);
    });
}

TEST_F(wait_for_test, without_time_takes_what_is_done_and_cancels_the_rest) {
    const unshuffled order;
    in_virtual_time([] {
        for (const auto none : {clock::duration(0), clock::duration(-1h)}) {
            int turns = 0;
            auto other = spawn([&] { ++turns; });
            const future<int> done;
            done.set_result(1);
            EXPECT_EQ(wait_for(done, none), 1);
            EXPECT_EQ(turns, 0); // no switch

            const future<int> f;
            EXPECT_THROW(wait_for(f, none), timeout_error);
            EXPECT_TRUE(f.cancelled());
            EXPECT_EQ(turns, 1);

            bool ran = false;
            EXPECT_THROW(wait_for([&] { ran = true; }, none), timeout_error);
            EXPECT_THROW(wait_for(spawn([&] { ran = true; }), none), timeout_error);
            EXPECT_FALSE(ran);
            other.get();
        }
        EXPECT_THROW(wait_for(future<int>(), std::chrono::duration<double>(NAN)),
                     std::invalid_argument);
    });
}

TEST_F(wait_for_test, a_cancel_goes_on_to_what_is_awaited_and_waits_for_it) {
    in_virtual_time([] {
        for (const bool swallowed : {false, true}) {
            bool cleaned = false;
            auto inner = spawn([&] {
                EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled: why");
                sleep_for(5h); // longer than the limit
                cleaned = true;
                if (!swallowed) {
                    throw cancelled();
                }
                return 7;
            });
            auto waiter = spawn([&] { wait_for(inner, 3h); });
            sleep_for(1h);
            waiter.cancel("why");
            EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled: why");
            EXPECT_TRUE(cleaned);
            EXPECT_EQ(inner.cancelling(), 1); // the limit came, and found it cancelled
            if (swallowed) {
                EXPECT_EQ(inner.get(), 7);
            }
        }
    });
}

TEST_F(wait_for_test, a_cancel_after_the_limit_wins_over_timeout_error) {
    in_virtual_time([] {
        auto inner = spawn([] {
            for (int i = 0; i < 2; ++i) {
                EXPECT_EQ(end_of(sleep_until_cancelled), i == 0 ? "cancelled" : "cancelled: why");
            }
            throw cancelled();
        });
        auto waiter = spawn([&] { wait_for(inner, 1h); });
        sleep_for(2h);
        waiter.cancel("why");
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled: why");
    });
}

TEST_F(wait_for_test, a_cancel_in_the_turn_of_the_end_leaves_the_value_in_the_handle) {
    in_virtual_time([] {
        const future<int> f;
        auto waiter = spawn([&] { wait_for(f, 1h); });
        yield_times(2);
        f.set_result(5);
        waiter.cancel();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
        EXPECT_EQ(f.get(), 5);
    });
}

TEST_F(wait_for_test, a_cancel_in_the_turn_of_the_limit_reaches_what_is_awaited) {
    const unshuffled order;
    in_virtual_time([] {
        for (const bool limit_first : {true, false}) {
            std::string inner_end;
            auto inner = spawn([&] {
                inner_end = end_of(sleep_until_cancelled);
                sleep_for(1h);
            });
            task<void> waiter;
            const auto start_waiter = [&] {
                waiter = spawn([&] { wait_for(inner, 1h); });
                yield();
            };
            if (limit_first) {
                start_waiter();
            }
            auto canceller = spawn([&] {
                sleep_for(1h);
                waiter.cancel("why");
            });
            yield_times(2);
            if (!limit_first) {
                start_waiter();
            }
            waiter.wait();
            canceller.get();
            EXPECT_TRUE(waiter.cancelled());
            EXPECT_TRUE(inner.done()); // it was waited for
            // Behind the limit, the cancel meets a waiter that has cancelled it already; the two
            // are delivered as one.
            EXPECT_EQ(inner_end, "cancelled: why");
            EXPECT_EQ(inner.cancelling(), limit_first ? 2 : 1);
        }
    });
}

TEST_F(wait_for_test, a_cancel_that_came_before_is_used_up) {
    in_virtual_time([] {
        auto t = spawn([] {
            const future<int> f;
            current_task().cancel();
            EXPECT_EQ(end_of([&] { wait_for(f, 1h); }), "cancelled");
            EXPECT_TRUE(f.cancelled());
            yield_times(2);
        });
        t.get();
    });
}

TEST_F(wait_for_test, an_end_in_the_turn_of_the_limit_wins_if_it_is_before_the_resume) {
    const unshuffled order;
    in_virtual_time([] {
        for (const bool end_first : {true, false}) {
            const future<int> f;
            task<void> setter;
            const auto set_in_an_hour = [&] {
                setter = spawn([&] {
                    sleep_for(1h);
                    f.try_set_result(1);
                });
                yield();
            };
            if (end_first) {
                set_in_an_hour();
            }
            std::string end;
            auto waiter = spawn([&] { end = end_of([&] { wait_for(f, 1h); }); });
            yield_times(2);
            if (!end_first) {
                set_in_an_hour();
            }
            waiter.get();
            setter.get();
            EXPECT_EQ(end == "value", end_first);
            EXPECT_EQ(f.cancelled(), !end_first);
        }
    });
}

TEST_F(wait_for_test, two_that_wait_for_each_other_can_be_cancelled) {
    in_virtual_time([] {
        for (const bool first_is_cancelled : {true, false}) {
            task<void> first;
            task<void> second;
            first = spawn([&] { wait_for(second.view(), 5h); });
            second = spawn([&] { wait_for(first.view(), 5h); });
            yield_times(2);
            (first_is_cancelled ? first : second).cancel();
            first.wait();
            second.wait();
            EXPECT_TRUE(first.cancelled() && second.cancelled());
        }
    });
}

TEST_F(wait_for_test, misuse_names_the_call) {
    in_virtual_time([] {
        task<int> empty;
        EXPECT_THAT(text_of<invalid_state>([&] { wait_for(empty, 1s); }),
                    HasSubstr("weft::wait_for"));
        task<void> self;
        self = spawn([&] {
            EXPECT_THAT(text_of<invalid_state>([&] { wait_for(self, 1s); }),
                        AllOf(HasSubstr("weft::wait_for"), HasSubstr("wait for itself")));
        });
        self.get();
        const future<int> f;
        f.add_done_callback([](const future<int>&) {
            EXPECT_THROW(wait_for(future<int>(), 1s), not_in_task);
            EXPECT_THROW(wait_for([] {}, 0s), not_in_task);
        });
        f.cancel();
        yield_times(2);
    });
}

TEST_F(wait_for_test, and_shield_allocate_nothing) {
    in_virtual_time([] {
        const auto round = [] {
            const future<int> f;
            auto setter = spawn([f] {
                sleep_for(1min);
                f.set_result(1);
            });
            EXPECT_EQ(wait_for(f, 1h), 1);
            EXPECT_EQ(shield(f), 1);
            EXPECT_EQ(wait_for([] { return 2; }, 1h), 2);
            setter.wait();
        };
        round(); // the loop keeps the memory
        const failing_new none(1);
        round();
        EXPECT_FALSE(none.struck());
    });
}

TEST_F(wait_for_test, cancelled_at_every_turn_leaves_nothing) {
    const int turns = cancel_at_every_turn([](cancel_attempt& attempt) {
        live_count live;
        {
            auto mine = spawn([&] {
                sleep_for(1ms);
                return live.make();
            });
            attempt.run([&] {
                wait_for(mine, 2ms);
                wait_for([&] { return live.make(); }, 1ms);
                const auto times_out = [](auto f) {
                    try {
                        f();
                        ADD_FAILURE() << "no timeout_error";
                    } catch (const timeout_error&) { // NOLINT(bugprone-empty-catch)
                    }
                };
                times_out([] { wait_for(spawn(sleep_until_cancelled), 1ms); });
                times_out([] { wait_for(future<int>(), 1ms); });
                yield();
            });
            EXPECT_EQ(all_tasks().size(), mine.done() ? 1u : 2u);
            mine.wait();
        }
        EXPECT_EQ(live.alive(), 0);
    });
    EXPECT_GT(turns, 8);
}

} // namespace
} // namespace weft::test
