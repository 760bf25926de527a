// SPDX-License-Identifier: BSL-1.0
//
// Fibers that keep each other busy may not keep the loop from looking at timers, events and
// letters; and the loop stops when it is told to, when nothing can happen any more, or when its
// time is up.
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/scripted_port.hpp"

#include <chrono>
#include <string>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::log_lines;

class scheduler_fairness : public test::kernel_fixture {
  public:
    // Two fibers that yield to each other until `stop`, counting the turns.
    void start_busy_pair() {
        for (int i = 0; i < 2; ++i) {
            start([this, i] {
                while (!stop_) {
                    turns_ += i;
                    yield();
                }
            });
        }
    }
    void stop() { stop_ = true; }
    int turns() const { return turns_; }

    test::scripted_port scripted_;

  private:
    bool stop_ = false;
    int turns_ = 0;
};

TEST_F(scheduler_fairness, a_timer_is_seen_within_64_turns_of_a_busy_pair) {
    start_busy_pair();
    start([this] {
        for (int round = 0; round < 10; ++round) {
            const int before = turns();
            EXPECT_EQ(park(kernel().now()), wake_reason::timed_out); // due at once
            EXPECT_LE(turns() - before, scheduler::most_turns + 1);
        }
        stop();
    });
    run();
}

TEST_F(scheduler_fairness, the_port_is_looked_at_within_64_turns_of_a_busy_pair) {
    rebuild(default_options(), scripted_);
    scripted_.watches = true;
    int turns_at_last_poll = 0;
    scripted_.on_poll = [&] {
        EXPECT_LE(turns() - turns_at_last_poll, scheduler::most_turns);
        turns_at_last_poll = turns();
        if (scripted_.polls == 20) {
            stop();
        }
        return false;
    };
    start_busy_pair();
    run();
    EXPECT_EQ(scripted_.waits, 0) << "it slept although fibers were ready";
}

TEST_F(scheduler_fairness, what_the_port_makes_ready_runs_in_the_next_turn) {
    rebuild(default_options(), scripted_);
    scripted_.watches = true;
    auto& waiter = start([this] {
        EXPECT_EQ(park(), wake_reason::notified);
        stop();
    });
    start_busy_pair();
    int turns_at_wake = 0;
    scripted_.on_poll = [&] {
        const bool woke = kernel().unpark(waiter);
        if (woke) {
            turns_at_wake = turns();
        }
        return woke;
    };
    run();
    EXPECT_LE(turns() - turns_at_wake, 1);
}

TEST_F(scheduler_fairness, a_port_that_watches_nothing_is_not_asked) {
    rebuild(default_options(), scripted_);
    start([this] {
        for (int i = 0; i < 1000; ++i) {
            yield();
        }
    });
    run();
    EXPECT_EQ(scripted_.polls, 0);
}

TEST_F(scheduler_fairness, a_letter_is_read_within_64_turns_of_a_busy_pair) {
    struct stop_letter : letter {
        explicit stop_letter(scheduler_fairness& t)
            : letter([](letter& l) noexcept {
                  auto& self = static_cast<stop_letter&>(l);
                  EXPECT_LE(self.test.turns() - self.turns_at_post, scheduler::most_turns);
                  self.test.stop();
              }),
              test(t) {}
        scheduler_fairness& test;
        int turns_at_post = 0;
    } l(*this);
    start_busy_pair();
    start([&, this] {
        for (int i = 0; i < 100; ++i) {
            yield();
        }
        l.turns_at_post = turns();
        EXPECT_TRUE(kernel().letters()->post(l));
    });
    run();
}

// Turns that take longer than a series should are not put together to long series.
TEST_F(scheduler_fairness, after_expensive_turns_the_port_is_looked_at_more_often) {
    rebuild(default_options(), scripted_);
    scripted_.watches = true;
    constexpr int turns = 100;
    start([this] {
        for (int i = 0; i < turns; ++i) {
            const time_point end = clock::now() + 2 * scheduler::longest_series;
            while (clock::now() < end) {
            }
            yield();
        }
    });
    run();
    EXPECT_GE(scripted_.polls, turns - scheduler::most_turns);
}

TEST_F(scheduler_fairness, look_up_ends_the_series_with_this_turn) {
    bool finished = false;
    start([&, this] {
        note("a1");
        yield();
        note("a2");
        finished = true;
        kernel().look_up();
        yield();
        note("a3");
    });
    start([this] {
        note("b1");
        yield();
        note("b2");
        yield();
        note("b3");
    });
    EXPECT_EQ(kernel().run_until(finished), run_result::finished);
    EXPECT_EQ(log(), (log_lines{"a1", "b1", "a2", "b2"}));
    run();
    EXPECT_EQ(log(), (log_lines{"a1", "b1", "a2", "b2", "a3", "b3"}));
}

TEST_F(scheduler_fairness, a_condition_that_holds_from_the_start_runs_nothing) {
    start([this] { note("ran"); });
    const bool finished = true;
    EXPECT_EQ(kernel().run_until(finished), run_result::finished);
    EXPECT_EQ(log(), log_lines{});
    run();
}

TEST_F(scheduler_fairness, a_loop_that_nothing_can_wake_says_so_and_can_be_run_again) {
    auto& waiter = start([this] {
        park();
        note("woken");
    });
    run_until_deadlock();
    EXPECT_EQ(waiter.state(), fiber_state::parked);
    run_until_deadlock();
    EXPECT_TRUE(kernel().unpark(waiter));
    run();
    EXPECT_EQ(log(), log_lines{"woken"});
}

TEST_F(scheduler_fairness, a_watching_port_is_slept_in_although_nothing_else_can_wake) {
    rebuild(default_options(), scripted_);
    scripted_.watches = true;
    auto& waiter = start([this] { park(); });
    scripted_.on_wait = [&](time_point deadline) {
        EXPECT_EQ(deadline, never);
        if (scripted_.waits == 3) { // the first two come back for no reason
            kernel().unpark(waiter);
        }
    };
    run();
    EXPECT_EQ(scripted_.waits, 3);
}

TEST_F(scheduler_fairness, a_limit_in_real_time_ends_busy_fibers) {
    start_busy_pair();
    const bool finished = false;
    EXPECT_EQ(kernel().run_until(finished, clock::now()), run_result::out_of_time);
    EXPECT_EQ(kernel().run_until(finished, clock::now() + 1ms), run_result::out_of_time);
    EXPECT_GT(turns(), 0);
    stop();
    run();
}

TEST_F(scheduler_fairness, a_limit_in_real_time_ends_a_held_loop_in_virtual_time) {
    auto& waiter = start([this] { park(); });
    kernel().letters()->hold();
    const bool finished = false;
    EXPECT_EQ(kernel().run_until(finished, clock::now() + 1ms), run_result::out_of_time);
    kernel().letters()->release();
    EXPECT_TRUE(kernel().unpark(waiter));
    run();
}

TEST_F(scheduler_fairness, a_limit_in_real_time_cuts_a_sleep_short) {
    scheduler_options options = default_options();
    options.real_time = true;
    rebuild(options, scripted_);
    const time_point limit = clock::now() + 1ms;
    scripted_.time = clock::now();
    scripted_.on_wait = [&](time_point deadline) {
        EXPECT_LE(deadline, limit);
        scripted_.time = deadline;
        while (clock::now() < deadline) {
        }
    };
    auto& sleeper = start([this] { sleep_for(1h); });
    const bool finished = false;
    EXPECT_EQ(kernel().run_until(finished, limit), run_result::out_of_time);
    EXPECT_TRUE(kernel().unpark(sleeper));
    run();
}

} // namespace
} // namespace weft::fibers
