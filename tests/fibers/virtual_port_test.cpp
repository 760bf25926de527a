// SPDX-License-Identifier: BSL-1.0
//
// Virtual time: when the clock stands, when it jumps and how far, and what a real port in front of
// it is asked.
#include "fibers/virtual_port.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/scripted_port.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;

TEST(virtual_port_test, the_clock_jumps_to_the_deadline_and_never_back) {
    virtual_port port;
    const time_point begin = port.now();
    EXPECT_EQ(port.now(), begin) << "it stands still by itself";
    port.wait(begin + 5s);
    EXPECT_EQ(port.now(), begin + 5s);
    port.wait(begin);
    EXPECT_EQ(port.now(), begin + 5s);
    port.wait(time_point::min());
    EXPECT_EQ(port.now(), begin + 5s);
}

TEST(virtual_port_test, can_be_advanced_by_hand) {
    virtual_port port;
    const time_point begin = port.now();
    port.advance(3h);
    EXPECT_EQ(port.now(), begin + 3h);
}

TEST(virtual_port_test, the_clock_starts_far_from_the_beginning_of_time) {
    const virtual_port port;
    EXPECT_GT(port.now(), time_point{}) << "so that 'an hour ago' can be said";
}

TEST(virtual_port_test, a_wake_ends_the_next_wait_before_the_clock_moves) {
    virtual_port port;
    const time_point begin = port.now();
    port.wake();
    port.wait(begin + 5s);
    EXPECT_EQ(port.now(), begin);
    port.wait(begin + 5s);
    EXPECT_EQ(port.now(), begin + 5s) << "one wake, one wait";
    port.wake();
    port.wait(never); // does not hang
}

TEST(virtual_port_test, poll_tells_of_a_wake_once) {
    virtual_port port;
    EXPECT_FALSE(port.poll());
    port.wake();
    port.wake();
    EXPECT_TRUE(port.poll());
    EXPECT_FALSE(port.poll());
}

TEST(virtual_port_test, a_wait_without_a_deadline_lasts_until_another_thread_wakes_it) {
    virtual_port port;
    for (int i = 0; i < 100; ++i) {
        std::thread other([&] { port.wake(); });
        port.wait(never);
        other.join();
    }
}

TEST(virtual_port_test, a_wait_for_somebody_outside_lasts_until_a_wake_and_moves_no_clock) {
    virtual_port port;
    const time_point begin = port.now();
    std::thread other([&] {
        std::this_thread::sleep_for(5ms);
        port.wake();
    });
    port.wait_outside(never);
    other.join();
    port.wait_outside(clock::now() + 5ms); // nobody comes: the real clock ends it
    EXPECT_EQ(port.now(), begin);
}

TEST(virtual_port_test, a_wait_for_somebody_outside_sleeps_in_the_real_port) {
    test::scripted_port real;
    real.on_wait = [&](time_point limit) { EXPECT_EQ(limit, real.time + 3s); };
    virtual_port port(&real);
    const time_point begin = port.now();
    port.wait_outside(real.time + 3s);
    EXPECT_EQ(real.waits, 1);
    EXPECT_EQ(port.now(), begin);
}

TEST(virtual_port_test, without_a_real_port_nothing_is_watched) {
    EXPECT_FALSE(virtual_port().watching());
}

TEST(virtual_port_test, what_the_real_port_has_comes_before_a_jump) {
    test::scripted_port real;
    virtual_port port(&real);
    EXPECT_EQ(port.now(), real.time);
    bool ready = true;
    real.on_poll = [&] { return ready; };
    const time_point begin = port.now();
    port.wait(begin + 1s);
    EXPECT_EQ(port.now(), begin);
    ready = false;
    port.wait(begin + 1s);
    EXPECT_EQ(port.now(), begin + 1s);
    EXPECT_EQ(real.waits, 0);
    EXPECT_EQ(real.polls, 2);
}

TEST(virtual_port_test, without_a_deadline_it_sleeps_in_the_real_port) {
    test::scripted_port real;
    virtual_port port(&real);
    real.on_wait = [](time_point deadline) { EXPECT_EQ(deadline, never); };
    port.wait(never);
    EXPECT_EQ(real.waits, 1);
}

TEST(virtual_port_test, passes_watching_poll_and_wake_on_to_the_real_port) {
    test::scripted_port real;
    virtual_port port(&real);
    EXPECT_FALSE(port.watching());
    real.watches = true;
    EXPECT_TRUE(port.watching());
    int wakes = 0;
    real.on_wake = [&] { ++wakes; };
    port.wake();
    EXPECT_EQ(wakes, 1);
    EXPECT_FALSE(port.poll());
    real.on_poll = [] { return true; };
    EXPECT_TRUE(port.poll());
}

using virtual_time = test::kernel_fixture;

TEST_F(virtual_time, a_century_passes_in_no_time_and_in_order) {
    const time_point begin = kernel().now();
    for (int i = 0; i < 100; ++i) {
        start([this, i] {
            sleep_for((100 - i) * 24h * 365);
            note(std::to_string(i));
        });
    }
    run();
    ASSERT_EQ(log().size(), 100U);
    EXPECT_EQ(log().front(), "99");
    EXPECT_EQ(log().back(), "0");
    EXPECT_EQ(kernel().now(), begin + 100 * 24h * 365);
}

TEST_F(virtual_time, jumps_only_as_far_as_the_next_deadline) {
    start([this] {
        for (int i = 0; i < 10; ++i) {
            const time_point before = kernel().now();
            sleep_for(100ms);
            EXPECT_EQ(kernel().now(), before + 100ms);
        }
    });
    start([this] {
        for (int i = 0; i < 3; ++i) {
            const time_point before = kernel().now();
            sleep_for(333ms);
            EXPECT_EQ(kernel().now(), before + 333ms);
        }
    });
    run();
}

// Writes down when it is delivered.
class dated_letter final : public letter {
  public:
    explicit dated_letter(scheduler& s) noexcept
        : letter([](letter& l) noexcept {
              auto& self = static_cast<dated_letter&>(l);
              self.delivered_at = self.scheduler_.now();
          }),
          scheduler_(s) {}
    time_point delivered_at{};

  private:
    scheduler& scheduler_;
};

TEST_F(virtual_time, does_not_jump_while_somebody_outside_may_post) {
    const time_point begin = kernel().now();
    start([this] { sleep_for(1h); });
    dated_letter news(kernel());
    const auto letters = kernel().letters();
    letters->hold();
    std::thread other([&] {
        std::this_thread::sleep_for(10ms);
        EXPECT_TRUE(letters->post(news));
        std::this_thread::sleep_for(10ms);
        letters->release();
    });
    run();
    other.join();
    EXPECT_EQ(news.delivered_at, begin);
    EXPECT_EQ(kernel().now(), begin + 1h);
}

TEST_F(virtual_time, serve_goes_no_further_than_it_may) {
    const time_point begin = kernel().now();
    bool done = false;
    start([&, this] {
        sleep_for(3s);
        done = true;
    });
    kernel().serve(time_point::min());
    EXPECT_EQ(kernel().now(), begin) << "something was ready";
    kernel().serve(time_point::min());
    EXPECT_EQ(kernel().now(), begin) << "no waiting";
    kernel().serve(begin + 2s);
    EXPECT_EQ(kernel().now(), begin + 2s);
    EXPECT_FALSE(done);
    kernel().serve(begin + 20s);
    EXPECT_EQ(kernel().now(), begin + 3s);
    EXPECT_TRUE(done);
}

} // namespace
} // namespace weft::fibers
