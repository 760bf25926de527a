// SPDX-License-Identifier: BSL-1.0
//
// What other threads post, seen from the loop's side, one thread at a time: order, when the sleeper
// is woken, closing, and holds. The threads themselves are let loose in inbox_stress_test.
#include "fibers/inbox.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/scripted_port.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft::fibers {
namespace {

using test::log_lines;

class test_letter : public letter {
  public:
    explicit test_letter(std::function<void()> f)
        : letter([](letter& l) noexcept { static_cast<test_letter&>(l).function_(); }),
          function_(std::move(f)) {}

  private:
    std::function<void()> function_;
};

class inbox_test : public testing::Test {
  protected:
    inbox_test() {
        port_.on_wake = [this] { ++wakes_; };
    }
    test_letter& write(std::function<void()> f) { return letters_.emplace_back(std::move(f)); }
    test_letter& write(int number) {
        return write([this, number] { delivered_.push_back(number); });
    }

    test::scripted_port port_;
    inbox inbox_{port_};
    std::deque<test_letter> letters_;
    std::vector<int> delivered_;
    int wakes_ = 0;
};

TEST_F(inbox_test, delivers_in_the_order_of_posting) {
    EXPECT_FALSE(inbox_.drain());
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(inbox_.post(write(i)));
    }
    EXPECT_EQ(delivered_, std::vector<int>{});
    EXPECT_TRUE(inbox_.drain());
    EXPECT_EQ(delivered_, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_FALSE(inbox_.drain());
}

TEST_F(inbox_test, a_letter_posted_during_delivery_is_in_the_next_portion) {
    auto& second = write(2);
    EXPECT_TRUE(inbox_.post(write([&] { EXPECT_TRUE(inbox_.post(second)); })));
    EXPECT_TRUE(inbox_.drain());
    EXPECT_EQ(delivered_, std::vector<int>{});
    EXPECT_TRUE(inbox_.drain());
    EXPECT_EQ(delivered_, std::vector{2});
}

TEST_F(inbox_test, a_delivered_letter_can_be_posted_again) {
    auto& l = write(1);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(inbox_.post(l));
        EXPECT_TRUE(inbox_.drain());
    }
    EXPECT_EQ(delivered_, (std::vector{1, 1, 1}));
}

TEST_F(inbox_test, a_letter_may_destroy_itself) {
    struct own final : letter {
        own() : letter([](letter& l) noexcept { delete &static_cast<own&>(l); }) {}
    };
    EXPECT_TRUE(inbox_.post(*new own)); // NOLINT: it deletes itself
    EXPECT_TRUE(inbox_.post(*new own)); // NOLINT
    EXPECT_TRUE(inbox_.drain());
}

TEST_F(inbox_test, only_a_sleeper_is_woken_and_only_once) {
    EXPECT_TRUE(inbox_.post(write(1)));
    EXPECT_EQ(wakes_, 0) << "awake";
    inbox_.drain();
    ASSERT_TRUE(inbox_.prepare_to_sleep());
    EXPECT_TRUE(inbox_.post(write(2)));
    EXPECT_TRUE(inbox_.post(write(3)));
    EXPECT_EQ(wakes_, 1) << "a burst costs one wake-up";
    inbox_.awake();
    EXPECT_TRUE(inbox_.post(write(4)));
    EXPECT_EQ(wakes_, 1) << "awake again";
}

TEST_F(inbox_test, there_is_no_sleeping_over_a_letter) {
    EXPECT_TRUE(inbox_.post(write(1)));
    EXPECT_FALSE(inbox_.prepare_to_sleep());
    EXPECT_TRUE(inbox_.post(write(2)));
    EXPECT_EQ(wakes_, 0) << "a sleep that was not begun needs no wake-up";
    inbox_.drain();
    EXPECT_TRUE(inbox_.prepare_to_sleep());
    inbox_.awake();
}

TEST_F(inbox_test, close_delivers_what_came_before_and_refuses_what_comes_after) {
    EXPECT_TRUE(inbox_.post(write(1)));
    EXPECT_TRUE(inbox_.post(write(2)));
    inbox_.close();
    EXPECT_EQ(delivered_, (std::vector{1, 2}));
    EXPECT_FALSE(inbox_.post(write(3)));
    inbox_.close();
    EXPECT_FALSE(inbox_.post(write(4)));
    EXPECT_EQ(delivered_, (std::vector{1, 2}));
}

TEST_F(inbox_test, a_letter_posted_while_closing_is_refused) {
    bool refused = false;
    EXPECT_TRUE(inbox_.post(write([&] { refused = !inbox_.post(write(2)); })));
    inbox_.close();
    EXPECT_TRUE(refused);
    EXPECT_EQ(delivered_, std::vector<int>{});
}

TEST_F(inbox_test, looking_into_a_closed_inbox_does_not_open_it_again) {
    inbox_.close();
    inbox_.drain();
    EXPECT_FALSE(inbox_.post(write(1)));
    static_cast<void>(inbox_.prepare_to_sleep());
    inbox_.awake();
    EXPECT_FALSE(inbox_.post(write(2)));
}

TEST_F(inbox_test, the_port_is_not_touched_after_closing) {
    ASSERT_TRUE(inbox_.prepare_to_sleep());
    inbox_.close();
    inbox_.hold();
    inbox_.release();
    EXPECT_FALSE(inbox_.post(write(1)));
    EXPECT_EQ(wakes_, 0);
}

TEST_F(inbox_test, holds_are_counted) {
    EXPECT_FALSE(inbox_.held());
    inbox_.hold();
    inbox_.hold();
    inbox_.release();
    EXPECT_TRUE(inbox_.held());
    inbox_.release();
    EXPECT_FALSE(inbox_.held());
}

TEST_F(inbox_test, the_last_release_wakes_a_sleeper_so_that_it_can_look_again) {
    inbox_.hold();
    inbox_.hold();
    ASSERT_TRUE(inbox_.prepare_to_sleep());
    inbox_.release();
    EXPECT_EQ(wakes_, 0);
    inbox_.release();
    EXPECT_EQ(wakes_, 1);
    inbox_.awake();
}

TEST_F(inbox_test, a_sleep_that_only_a_hold_allows_is_refused_when_the_hold_is_gone) {
    EXPECT_FALSE(inbox_.prepare_to_sleep(true));
    inbox_.hold();
    ASSERT_TRUE(inbox_.prepare_to_sleep(true));
    inbox_.release();
    EXPECT_EQ(wakes_, 1);
    inbox_.awake();
    EXPECT_FALSE(inbox_.prepare_to_sleep(true));
    EXPECT_EQ(wakes_, 1) << "a sleep that was not begun needs no wake-up";
}

TEST_F(inbox_test, posting_and_delivering_allocate_nothing) {
    auto& l = write([] {});
    const test::allocation_count count;
    ASSERT_TRUE(inbox_.prepare_to_sleep());
    EXPECT_TRUE(inbox_.post(l));
    inbox_.awake();
    inbox_.drain();
    EXPECT_EQ(count.so_far(), 0U);
}

// --- the inbox of a loop ---

class inbox_of_a_loop : public test::kernel_fixture {
  public:
    test::scripted_port port_;
};

TEST_F(inbox_of_a_loop, a_letter_posted_while_it_sleeps_wakes_it) {
    rebuild(default_options(), port_);
    port_.watches = true;
    bool woken = false;
    port_.on_wake = [&] { woken = true; };
    auto& waiter = start([this] { park(); });
    test_letter l([&] { EXPECT_TRUE(kernel().unpark(waiter)); });
    port_.on_wait = [&](time_point) {
        ASSERT_EQ(port_.waits, 1) << "it did not wake up";
        EXPECT_TRUE(kernel().letters()->post(l));
        EXPECT_TRUE(woken);
    };
    run();
}

// The lost wake-up: the letter comes after the loop has seen that nothing is ready, and before it
// sleeps.
TEST_F(inbox_of_a_loop, a_letter_posted_just_before_it_sleeps_keeps_it_awake) {
    rebuild(default_options(), port_);
    port_.watches = true;
    auto& waiter = start([this] { park(); });
    test_letter l([&] { EXPECT_TRUE(kernel().unpark(waiter)); });
    bool posted = false;
    port_.on_watching = [&] {
        if (waiter.state() == fiber_state::parked && !posted) {
            posted = true;
            EXPECT_TRUE(kernel().letters()->post(l));
        }
    };
    run();
    EXPECT_TRUE(posted);
    EXPECT_EQ(port_.waits, 0) << "it slept over the letter";
}

// The same window for a release: the loop has seen the hold that lets it sleep, and then it is
// gone.
TEST_F(inbox_of_a_loop, a_release_just_before_it_sleeps_keeps_it_awake) {
    scheduler_options options = default_options();
    options.real_time = true;
    rebuild(options, port_);
    // With many idle stacks the loop asks for the time between its looking at the hold and its
    // sleep.
    const std::size_t idle = 2 * worker_pool::always_kept;
    for (std::size_t i = 0; i < idle; ++i) {
        start([this] { yield(); });
    }
    run();
    ASSERT_EQ(kernel().default_pool().idle(), idle);
    auto& waiter = start([this] { park(); });
    const std::shared_ptr<inbox> letters = kernel().letters();
    letters->hold();
    bool released = false;
    port_.on_now = [&] {
        if (waiter.state() == fiber_state::parked && !std::exchange(released, true)) {
            letters->release();
        }
    };
    run_until_deadlock();
    EXPECT_TRUE(released);
    EXPECT_EQ(port_.waits, 0) << "it went to sleep although nobody can wake it any more";
    EXPECT_TRUE(kernel().unpark(waiter));
    run();
}

TEST_F(inbox_of_a_loop, a_held_loop_sleeps_and_reports_the_deadlock_when_released) {
    rebuild(default_options(), port_);
    const std::shared_ptr<inbox> letters = kernel().letters();
    letters->hold();
    auto& waiter = start([this] { park(); });
    port_.on_wait = [&](time_point deadline) {
        EXPECT_EQ(deadline, never);
        if (port_.waits == 2) {
            letters->release();
        }
    };
    run_until_deadlock();
    EXPECT_EQ(port_.waits, 2);
    EXPECT_TRUE(kernel().unpark(waiter));
    run();
}

TEST_F(inbox_of_a_loop,
       a_letter_posted_before_the_release_is_read_before_the_deadlock_is_reported) {
    rebuild(default_options(), port_);
    const std::shared_ptr<inbox> letters = kernel().letters();
    letters->hold();
    auto& waiter = start([this] {
        EXPECT_EQ(park(), wake_reason::notified);
        note("woken");
    });
    test_letter l([&] { EXPECT_TRUE(kernel().unpark(waiter)); });
    port_.on_wait = [&](time_point) {
        EXPECT_TRUE(letters->post(l));
        letters->release();
    };
    run();
    EXPECT_EQ(log(), log_lines{"woken"});
}

TEST_F(inbox_of_a_loop, outlives_its_loop) {
    const std::shared_ptr<inbox> letters = kernel().letters();
    int delivered = 0;
    test_letter last([&] { ++delivered; });
    EXPECT_TRUE(letters->post(last));
    destroy_and_check();
    EXPECT_EQ(delivered, 1) << "what was accepted is delivered";
    test_letter late([] { ADD_FAILURE() << "delivered to a loop that is no more"; });
    EXPECT_FALSE(letters->post(late));
    letters->hold();
    letters->release();
}

} // namespace
} // namespace weft::fibers
