// SPDX-License-Identifier: BSL-1.0
//
// Blocking: a parked fiber is woken exactly once, by whoever comes first, and learns by whom. Most
// of these put a wake-up and a timeout into the same turn, where runtimes break.
#include "tests/support/allocation_count.hpp"
#include "tests/support/kernel_fixture.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::log_lines;
using scheduler_park = test::kernel_fixture;

TEST_F(scheduler_park, a_parked_fiber_is_woken_by_unpark) {
    auto& waiter = start([this] {
        EXPECT_EQ(park(), wake_reason::notified);
        note("woken");
    });
    start([&, this] {
        EXPECT_EQ(waiter.state(), fiber_state::parked);
        EXPECT_TRUE(kernel().unpark(waiter));
        EXPECT_EQ(waiter.state(), fiber_state::ready);
        note("waker");
    });
    run();
    EXPECT_EQ(log(), (log_lines{"waker", "woken"}));
}

TEST_F(scheduler_park, a_second_wake_is_refused) {
    auto& waiter = start([this] {
        EXPECT_EQ(park(), wake_reason::notified);
        yield();
        note("ended");
    });
    start([&, this] {
        EXPECT_TRUE(kernel().unpark(waiter));
        EXPECT_FALSE(kernel().unpark(waiter));
        EXPECT_FALSE(kernel().unpark(waiter, wake_reason::timed_out));
    });
    run();
    EXPECT_EQ(log(), log_lines{"ended"});
}

TEST_F(scheduler_park, only_a_parked_fiber_can_be_woken) {
    auto& other = make([this] {
        yield();
        note("other");
    });
    start([&, this] {
        EXPECT_FALSE(kernel().unpark(*kernel().current())) << "running";
        ASSERT_TRUE(spawn(other));
        EXPECT_FALSE(kernel().unpark(other)) << "unstarted";
        yield();
        EXPECT_FALSE(kernel().unpark(other)) << "ready";
        yield();
        yield();
        EXPECT_TRUE(other.ended());
        EXPECT_FALSE(kernel().unpark(other)) << "ended";
    });
    run();
    EXPECT_EQ(log(), log_lines{"other"});
}

TEST_F(scheduler_park, a_deadline_ends_it_at_its_time) {
    start([this] {
        const time_point begin = kernel().now();
        EXPECT_EQ(park(begin + 250ms), wake_reason::timed_out);
        EXPECT_EQ(kernel().now(), begin + 250ms);
    });
    run();
}

TEST_F(scheduler_park, a_deadline_in_the_past_lets_others_run_and_times_out) {
    start([this] {
        for (const time_point past : {kernel().now(), kernel().now() - 1h, time_point::min()}) {
            start([this] { note("other"); });
            EXPECT_EQ(park(past), wake_reason::timed_out);
        }
        EXPECT_EQ(log().size(), 3U);
    });
    run();
}

TEST_F(scheduler_park, a_deadline_beyond_all_time_is_kept) {
    auto& waiter = start([this] {
        EXPECT_EQ(park(never - 1ns), wake_reason::notified);
        note("woken");
    });
    start([&, this] {
        yield();
        EXPECT_EQ(kernel().timers().next(), never - 1ns);
        EXPECT_TRUE(kernel().unpark(waiter));
    });
    run();
    EXPECT_EQ(log(), log_lines{"woken"});
}

TEST_F(scheduler_park, a_wake_before_the_deadline_takes_the_timer_away) {
    auto& waiter = start([this] {
        EXPECT_EQ(park(kernel().now() + 1s), wake_reason::notified);
        EXPECT_TRUE(kernel().timers().empty());
        EXPECT_EQ(park(kernel().now() + 10s), wake_reason::timed_out) << "by the second deadline";
    });
    const time_point begin = kernel().now();
    start([&, this] {
        yield();
        EXPECT_EQ(kernel().timers().size(), 1U);
        EXPECT_TRUE(kernel().unpark(waiter));
    });
    run();
    EXPECT_EQ(kernel().now(), begin + 10s);
}

TEST_F(scheduler_park, wake_and_then_timeout_in_the_same_turn_is_a_wake) {
    const time_point deadline = kernel().now() + 1s;
    auto& waiter = start([this, deadline] {
        EXPECT_EQ(park(deadline), wake_reason::notified);
        EXPECT_EQ(kernel().now(), deadline);
        EXPECT_TRUE(kernel().timers().empty());
        note("woken");
    });
    start([&, this] {
        EXPECT_TRUE(kernel().unpark(waiter));
        port().advance(1s);
        kernel().look_up(); // the timer fires before the waiter's turn comes
    });
    run();
    EXPECT_EQ(log(), log_lines{"woken"});
}

TEST_F(scheduler_park, timeout_and_then_wake_in_the_same_turn_is_a_timeout) {
    const time_point deadline = kernel().now() + 1s;
    test::test_fiber* waiter = nullptr;
    // Same deadline, armed earlier: this one wakes first and finds the waiter timed out, but not
    // resumed.
    start([&, this] {
        EXPECT_EQ(park(deadline), wake_reason::timed_out);
        EXPECT_EQ(waiter->state(), fiber_state::ready);
        EXPECT_FALSE(kernel().unpark(*waiter));
        note("late");
    });
    waiter = &start([&, this] {
        EXPECT_EQ(park(deadline), wake_reason::timed_out);
        note("timed out");
    });
    run();
    EXPECT_EQ(log(), (log_lines{"late", "timed out"}));
}

// The wake comes for a wait that is over; the fiber waits for something else by now.
TEST_F(scheduler_park, after_a_timeout_the_fiber_can_be_woken_from_its_next_wait) {
    auto& waiter = start([this] {
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out);
        EXPECT_EQ(park(), wake_reason::notified);
        note("woken");
    });
    start([&, this] {
        sleep_for(2s);
        EXPECT_TRUE(kernel().unpark(waiter));
        EXPECT_FALSE(kernel().unpark(waiter));
    });
    run();
    EXPECT_EQ(log(), log_lines{"woken"});
}

TEST_F(scheduler_park, can_be_ended_before_the_loop_runs_from_a_callback_a_timer_and_a_letter) {
    auto& waiter = start([this] {
        for (const char* by : {"outside", "callback", "timer", "letter"}) {
            EXPECT_EQ(park(), wake_reason::notified);
            note(by);
        }
    });
    run_until_deadlock();
    EXPECT_TRUE(kernel().unpark(waiter));
    run_until_deadlock();

    struct waker : callback, timer, letter {
        waker(scheduler& sch, fiber& f)
            : callback([](callback& c) noexcept { static_cast<waker&>(c).wake(); }),
              timer([](timer& t) noexcept { static_cast<waker&>(t).wake(); }),
              letter([](letter& l) noexcept { static_cast<waker&>(l).wake(); }),
              s(sch),
              who(f) {}
        void wake() const { EXPECT_TRUE(s.unpark(who)); }
        scheduler& s;
        fiber& who;
    } w(kernel(), waiter);
    kernel().post(w);
    run_until_deadlock();
    kernel().timers().add(w, kernel().now() + 1s);
    run_until_deadlock();
    EXPECT_TRUE(kernel().letters()->post(w));
    run();
    EXPECT_EQ(log(), (log_lines{"outside", "callback", "timer", "letter"}));
}

TEST_F(scheduler_park, tells_what_a_fiber_waits_for) {
    int something = 0;
    auto& waiter = start([&, this] {
        wait_site site{"weft::something", &something};
        kernel().park(site);
        EXPECT_EQ(kernel().current()->waiting_at(), nullptr);
    });
    start([&, this] {
        ASSERT_NE(waiter.waiting_at(), nullptr);
        EXPECT_STREQ(waiter.waiting_at()->operation, "weft::something");
        EXPECT_EQ(waiter.waiting_at()->object, &something);
        EXPECT_EQ(kernel().current()->waiting_at(), nullptr);
        EXPECT_TRUE(kernel().unpark(waiter));
    });
    run();
}

TEST_F(scheduler_park, inside_a_catch_block_and_during_unwinding) {
    struct parker {
        scheduler& s;
        ~parker() {
            wait_site site{"unwinding"};
            EXPECT_EQ(s.park(site, s.now() + 1s), wake_reason::timed_out);
        }
    };
    start([this] {
        try {
            const parker p{kernel()};
            throw 1;
        } catch (int) {
            EXPECT_EQ(sleep_for(1s), wake_reason::timed_out);
        }
    });
    run();
}

// Invariant 3 of the scheduler.
TEST_F(scheduler_park, blocking_and_waking_allocate_nothing) {
    std::optional<test::allocation_count> count;
    std::size_t allocated = 0;
    std::array<test::test_fiber*, 2> pair{};
    for (std::size_t i = 0; i < 2; ++i) {
        pair[i] = &start([&, this, i] {
            for (int round = 0; round < 100; ++round) {
                yield();
                sleep_for(1ms);
                park(kernel().now() + 1s); // woken by the other, or by time
                kernel().unpark(*pair[1 - i]);
                kernel().cancel(*pair[1 - i]);
                yield();
            }
            static_cast<void>(pair[i]->take_cancel());
            if (i == 1) {
                allocated = count->so_far();
            }
        });
    }
    start([&] { count.emplace(); }); // when both have their stacks
    run();
    EXPECT_EQ(allocated, 0U);
}

TEST_F(scheduler_park, a_hundred_thousand_waits_leave_no_timer_behind) {
    auto& waiter = start([this] {
        for (int i = 0; i < 100'000; ++i) {
            EXPECT_EQ(park(kernel().now() + 1h), wake_reason::notified);
        }
    });
    start([&, this] {
        while (!waiter.ended()) {
            kernel().unpark(waiter);
            EXPECT_LE(kernel().timers().size(), 1U);
            yield();
        }
    });
    run();
}

} // namespace
} // namespace weft::fibers
