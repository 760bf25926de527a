// SPDX-License-Identifier: BSL-1.0
//
// shield(): a cancel of the waiter stops at it; whatever the inner one does passes through.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using shield_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

task<int> value_after(clock::duration d) {
    return spawn([d] {
        sleep_for(d);
        return 1;
    });
}

TEST_F(shield_test, passes_values_and_errors_through) {
    in_virtual_time([] {
        auto t = value_after(1h);
        EXPECT_EQ(shield(t), 1);
        EXPECT_EQ(t.get(), 1);
        EXPECT_EQ(shield(value_after(1h)), 1);
        auto viewed = value_after(1h);
        EXPECT_EQ(shield(viewed.view()), 1);
        EXPECT_EQ(*shield(spawn([] { return std::make_unique<int>(5); })), 5);
        const future<int> f;
        f.set_exception(std::make_exception_ptr(std::runtime_error("boom")));
        EXPECT_EQ(end_of([&] { shield(f); }), "error: boom");
        shield(spawn([] {}));
    });
}

TEST_F(shield_test, of_a_done_one_does_not_switch) {
    in_virtual_time([] {
        bool ran = false;
        auto other = spawn([&] { ran = true; });
        const future<int> f;
        f.set_result(1);
        EXPECT_EQ(shield(f), 1);
        EXPECT_FALSE(ran);
        other.get();
    });
}

TEST_F(shield_test, a_cancelled_waiter_leaves_and_the_inner_one_goes_on) {
    in_virtual_time([] {
        auto t = value_after(2h);
        const future<int> f;
        auto waiter = spawn([&] { shield(t); });
        auto other = spawn([&] { shield(f); });
        sleep_for(1h);
        waiter.cancel("why");
        other.cancel();
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled: why");
        other.wait();
        EXPECT_FALSE(t.done());
        EXPECT_EQ(t.cancelling(), 0);
        EXPECT_FALSE(f.done());
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(shield_test, a_task_handed_over_is_the_loops_when_the_waiter_has_left) {
    in_virtual_time([] {
        bool done = false;
        auto waiter = spawn([&] {
            shield(spawn([&] {
                sleep_for(2h);
                done = true;
            }));
        });
        sleep_for(1h);
        waiter.cancel();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
        EXPECT_FALSE(done);
        EXPECT_EQ(all_tasks().size(), 2u);
        sleep_for(2h);
        EXPECT_TRUE(done);
    });
}

TEST_F(shield_test, an_inner_error_after_the_waiter_has_left_is_reported_once) {
    stderr_lines captured;
    in_virtual_time([] {
        auto waiter = spawn([] {
            shield(spawn({.name = "inner"}, [] {
                sleep_for(2h);
                throw std::runtime_error("boom");
            }));
        });
        sleep_for(1h);
        waiter.cancel();
        waiter.wait();
        sleep_for(2h);
    });
    EXPECT_THAT(captured.finish(), ElementsAre(AllOf(HasSubstr("inner"), HasSubstr("boom"))));
}

TEST_F(shield_test, an_inner_cancel_is_told_from_ones_own_by_cancelling) {
    in_virtual_time([] {
        auto t = value_after(2h);
        auto waiter = spawn([&] {
            EXPECT_EQ(end_of([&] { shield(t); }), "cancelled: inner");
            EXPECT_EQ(current_task().cancelling(), 0);
            yield_times(2);
        });
        sleep_for(1h);
        t.cancel("inner");
        waiter.get();
    });
}

TEST_F(shield_test, a_cancel_in_the_turn_of_the_end_is_a_cancel) {
    in_virtual_time([] {
        for (const bool end_first : {true, false}) {
            const future<int> f;
            auto waiter = spawn([&] { shield(f); });
            yield_times(2);
            if (end_first) {
                f.set_result(1);
            }
            waiter.cancel();
            if (!end_first) {
                f.set_result(1);
            }
            waiter.wait();
            EXPECT_TRUE(waiter.cancelled());
            EXPECT_EQ(f.get(), 1);
        }
    });
}

TEST_F(shield_test, inside_gather_keeps_its_inner_one_from_the_cancel) {
    in_virtual_time([] {
        auto t = value_after(2h);
        auto waiter = spawn([&] { gather([&] { shield(t); }, sleep_until_cancelled); });
        sleep_for(1h);
        waiter.cancel();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(shield_test, around_gather_lets_it_finish) {
    in_virtual_time([] {
        auto both = spawn([] {
            return gather([] { return 1; },
                          [] {
                              sleep_for(2h);
                              return 2;
                          });
        });
        auto waiter = spawn([&] { shield(both); });
        sleep_for(1h);
        waiter.cancel();
        waiter.wait();
        EXPECT_EQ(both.get(), std::make_tuple(1, 2));
    });
}

TEST_F(shield_test, under_a_time_limit_leaves_at_the_limit) {
    in_virtual_time([] {
        auto t = value_after(2h);
        EXPECT_THROW(wait_for([&] { return shield(t); }, 1h), timeout_error);
        EXPECT_FALSE(t.done());
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(shield_test, the_end_of_run_reaches_the_inner_one) {
    std::string end;
    run({.virtual_time = true}, [&] {
        auto waiter = spawn([&] { shield(spawn([&] { end = end_of(sleep_until_cancelled); })); });
        yield_times(2);
        waiter.cancel();
        waiter.wait();
    });
    EXPECT_EQ(end, "cancelled");
}

TEST_F(shield_test, misuse_names_the_call) {
    in_virtual_time([] {
        task<int> empty;
        EXPECT_THAT(text_of<invalid_state>([&] { shield(empty); }), HasSubstr("weft::shield"));
        task<void> self;
        self = spawn([&] {
            EXPECT_THAT(text_of<invalid_state>([&] { shield(self); }),
                        HasSubstr("wait for itself"));
        });
        self.get();
        const future<int> f;
        f.add_done_callback(
            [](const future<int>&) { EXPECT_THROW(shield(future<int>()), not_in_task); });
        f.cancel();
        yield_times(2);
    });
}

TEST_F(shield_test, cancelled_at_every_turn_lets_the_inner_one_end) {
    const int turns = cancel_at_every_turn([](cancel_attempt& attempt) {
        int ended = 0;
        int begun = 0;
        attempt.run([&] {
            for (int i = 0; i < 2; ++i) {
                ++begun;
                shield(spawn([&] {
                    sleep_for(1ms);
                    ++ended;
                }));
            }
        });
        sleep_for(5ms);
        EXPECT_EQ(ended, begun);
    });
    EXPECT_GT(turns, 3);
}

} // namespace
} // namespace weft::test
