// SPDX-License-Identifier: BSL-1.0
//
// Two things that end one wait, in the same turn of the loop, in either order. Each time one of
// them is told, and the other is not lost: data stay in the descriptor for the next wait, a cancel
// is never swallowed.
#include "tests/support/net_reactor.hpp"

#include <chrono>
#include <functional>

namespace weft::reactor {
namespace {

using namespace std::chrono_literals;
using fibers::wake_reason;
using test::make_pipe;
using test::make_socket_pair;
using test::put_byte;
using test::take_byte;

class readiness_races : public test::reactor_fixture {
  protected:
    void SetUp() override {
        reactor_fixture::SetUp();
        pair_ = make_pipe();
        soon_ = fibers::clock::now() + 1ms;
    }
    void TearDown() override {
        pair_ = {};
        reactor_fixture::TearDown();
    }

    // One fiber waits, first with a deadline; the test says how that must end. Then it waits again
    // without one, until there is a byte.
    test::test_fiber& wait_twice(wait_result expected, fibers::time_point deadline) {
        return start([this, expected, deadline] {
            EXPECT_EQ(wait_readable(fd(), deadline), expected);
            while (!take_byte(fd())) {
                EXPECT_EQ(wait_readable(fd()), wait_result::ready);
            }
            note("byte");
        });
    }

    // Runs f in a fiber in the turn in which the waiter resumes, before it does: its timer is due
    // with the waiter's, and is the earlier one.
    void just_before_timeout(fibers::time_point deadline, std::function<void()> f) {
        start([this, deadline, f = std::move(f)] {
            EXPECT_EQ(park(deadline - 1ns), wake_reason::timed_out);
            f();
        });
        start([deadline] { compute_until(deadline); }); // so that both are due at once
    }

    int fd() const { return pair_.near.get(); }
    void put() { put_byte(pair_.far.get()); }

    test::fd_pair pair_;
    fibers::time_point soon_;
};

TEST_F(readiness_races, ready_then_timeout_is_ready) {
    wait_twice(wait_result::ready, soon_);
    start([this] {
        put();
        compute_until(soon_); // the loop finds both when it looks
    });
    run();
    EXPECT_EQ(log().size(), 1U);
}

TEST_F(readiness_races, timeout_then_ready_is_a_timeout_and_the_byte_stays) {
    wait_twice(wait_result::timed_out, soon_);
    just_before_timeout(soon_, [this] { put(); });
    run();
    EXPECT_EQ(log().size(), 1U);
}

TEST_F(readiness_races, timeout_then_cancel_is_a_cancel) {
    auto& waiter = wait_twice(wait_result::cancelled, soon_);
    just_before_timeout(soon_, [&, this] {
        kernel().cancel(waiter);
        put();
    });
    run();
}

TEST_F(readiness_races, timeout_then_close_is_a_close) {
    start([this] {
        EXPECT_EQ(wait_readable(fd(), soon_), wait_result::closed);
        note("closed");
    });
    just_before_timeout(soon_, [this] { descriptors().close(pair_.near.release()); });
    run();
    EXPECT_EQ(log().size(), 1U);
}

TEST_F(readiness_races, ready_then_cancel_is_a_cancel_and_the_byte_stays) {
    // Two wait for the same byte. The first one, when woken, cancels the second, which is woken
    // too.
    test::test_fiber* second = nullptr;
    start([&, this] {
        EXPECT_EQ(wait_readable(fd()), wait_result::ready);
        EXPECT_EQ(second->state(), fibers::fiber_state::ready);
        kernel().cancel(*second);
    });
    second = &wait_twice(wait_result::cancelled, fibers::never);
    start([this] { put(); });
    run();
    EXPECT_EQ(log().size(), 1U);
}

TEST_F(readiness_races, cancel_then_ready_is_a_cancel_and_the_byte_stays) {
    auto& waiter = wait_twice(wait_result::cancelled, fibers::never);
    start([&, this] {
        kernel().cancel(waiter);
        put();
    });
    run();
    EXPECT_EQ(log().size(), 1U);
}

TEST_F(readiness_races, cancel_before_the_wait_ends_it_at_once) {
    start([this] {
        put();
        kernel().cancel(*kernel().current());
        EXPECT_EQ(wait_readable(fd()), wait_result::cancelled);
        EXPECT_EQ(wait_readable(fd()), wait_result::ready);
    });
    run();
}

TEST_F(readiness_races, ready_then_close_is_a_close) {
    test::test_fiber* second = nullptr;
    start([&, this] {
        EXPECT_EQ(wait_readable(fd()), wait_result::ready);
        EXPECT_EQ(second->state(), fibers::fiber_state::ready);
        descriptors().close(pair_.near.release());
    });
    second = &start([this] { EXPECT_EQ(wait_readable(fd()), wait_result::closed); });
    start([this] { put(); });
    run();
}

TEST_F(readiness_races, close_then_cancel_is_a_cancel) {
    auto& waiter = start([this] { EXPECT_EQ(wait_readable(fd()), wait_result::cancelled); });
    start([&, this] {
        descriptors().close(pair_.near.release());
        kernel().cancel(waiter);
    });
    run();
}

TEST_F(readiness_races, who_leaves_by_timeout_does_not_keep_others_from_being_woken) {
    start([this] { EXPECT_EQ(wait_readable(fd(), soon_), wait_result::timed_out); });
    wait_twice(wait_result::ready, fibers::never);
    just_before_timeout(soon_, [this] { put(); });
    run();
    EXPECT_EQ(log().size(), 1U);
}

TEST_F(readiness_races, the_first_to_wake_may_wait_again_at_once) {
    start([this] {
        EXPECT_EQ(wait_readable(fd()), wait_result::ready);
        EXPECT_TRUE(take_byte(fd()));
        EXPECT_EQ(wait_readable(fd()), wait_result::ready);
        EXPECT_TRUE(take_byte(fd()));
    });
    start([this] { EXPECT_EQ(wait_readable(fd()), wait_result::ready); });
    start([this] {
        put();
        let_loop_look();
        put();
    });
    run();
}

TEST_F(readiness_races, a_waiter_may_close_what_another_waits_for_in_the_same_wake_up) {
    test::fd_pair pairs[] = {make_socket_pair(), make_socket_pair()};
    for (auto& own : pairs) {
        auto& other = &own == pairs ? pairs[1] : pairs[0];
        start([&, this] {
            const auto result = wait_readable(own.near.get());
            const bool first = log().empty();
            note("woken");
            EXPECT_EQ(result, first ? wait_result::ready : wait_result::closed);
            if (first) {
                descriptors().close(other.near.release());
            }
        });
    }
    start([&] {
        put_byte(pairs[1].far.get());
        put_byte(pairs[0].far.get()); // both are found by one look of the loop
    });
    run();
}

} // namespace
} // namespace weft::reactor
