// SPDX-License-Identifier: BSL-1.0
//
// What watching costs: a connection that goes back and forth makes no epoll_ctl call, and a
// descriptor that has something to say while nobody waits keeps the loop busy once, not for ever.
#include "tests/support/net_reactor.hpp"
#include "tests/support/net_system_calls.hpp"

#include <chrono>

namespace weft::reactor {
namespace {

using namespace std::chrono_literals;
using test::epoll_ctl_calls;
using test::make_pipe;
using test::make_socket_pair;
using test::put_byte;
using test::take_byte;
using readiness_watchers = test::reactor_fixture;

TEST_F(readiness_watchers, ping_pong_makes_no_epoll_ctl_calls) {
    constexpr int rounds = 200;
    constexpr int first_rounds = 2;
    auto pair = make_socket_pair();
    const auto receive = [this](int fd) {
        while (!take_byte(fd)) {
            ASSERT_EQ(wait_readable(fd), wait_result::ready);
        }
    };
    std::size_t calls = 0;
    start([&] {
        for (int i = 0; i < rounds; ++i) {
            if (i == first_rounds) {
                calls = epoll_ctl_calls();
            }
            put_byte(pair.near.get());
            receive(pair.near.get());
        }
        calls = epoll_ctl_calls() - calls;
    });
    start([&] {
        for (int i = 0; i < rounds; ++i) {
            receive(pair.far.get());
            put_byte(pair.far.get());
        }
    });
    run();
    EXPECT_EQ(calls, 0U);
}

TEST_F(readiness_watchers, a_first_wait_costs_one_call) {
    auto pair = make_socket_pair();
    start([&, this] {
        put_byte(pair.far.get());
        const auto before = epoll_ctl_calls();
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        EXPECT_EQ(epoll_ctl_calls() - before, 1U);
    });
    run();
}

TEST_F(readiness_watchers, data_nobody_waits_for_is_told_once_and_then_quiet) {
    auto pair = make_pipe();
    start([&, this] {
        put_byte(pair.far.get());
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        // The byte stays, and with it the readiness.
    });
    run();
    wake_ups_until(loop().now() + 1ms);
    const auto calls = epoll_ctl_calls();
    EXPECT_LE(wake_ups_until(loop().now() + 10ms), 3);
    EXPECT_EQ(epoll_ctl_calls(), calls);
}

TEST_F(readiness_watchers, a_stopped_watcher_starts_again) {
    auto pair = make_pipe();
    start([&, this] {
        for (int i = 0; i < 5; ++i) {
            put_byte(pair.far.get());
            EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
            let_loop_look(); // it fires with nobody waiting, and is stopped
            EXPECT_TRUE(take_byte(pair.near.get()));
            let_loop_look();
        }
    });
    run();
}

TEST_F(readiness_watchers, a_stopped_watcher_told_of_data_that_came_meanwhile) {
    auto pair = make_pipe();
    start([&, this] {
        put_byte(pair.far.get());
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        let_loop_look();
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready) << "the byte is still there";
    });
    run();
}

TEST_F(readiness_watchers, stopping_one_direction_leaves_the_other) {
    auto pair = make_socket_pair();
    start([&, this] {
        EXPECT_EQ(wait_writable(pair.near.get()), wait_result::ready);
        note("writable");
    });
    start([&, this] {
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        note("readable");
    });
    start([&, this] {
        let_loop_look(); // being writable with nobody waiting for that, it stops the writing side
        put_byte(pair.far.get());
    });
    run();
    EXPECT_EQ(log(), (test::log_lines{"writable", "readable"}));
}

TEST_F(readiness_watchers, both_directions_ping_pong_while_one_is_always_ready) {
    auto pair = make_socket_pair();
    start([&, this] {
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(wait_writable(pair.near.get()), wait_result::ready);
            put_byte(pair.near.get());
            EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
            EXPECT_TRUE(take_byte(pair.near.get()));
        }
    });
    start([&, this] {
        for (int i = 0; i < 20; ++i) {
            while (!take_byte(pair.far.get())) {
                EXPECT_EQ(wait_readable(pair.far.get()), wait_result::ready);
            }
            put_byte(pair.far.get());
        }
    });
    run();
}

} // namespace
} // namespace weft::reactor
