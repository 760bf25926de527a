// SPDX-License-Identifier: BSL-1.0
//
// A runner inside a foreign loop: what its descriptor and next_timeout() say before a sleep, and
// what poll() does after it.
#include "tests/support/api_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using runner_poll_test = api_test;
using runner_poll_order_test = ordered_api_test;
using testing::ElementsAre;

bool readable(int fd, std::chrono::milliseconds wait = 0ms) {
    pollfd p{fd, POLLIN, 0};
    return ::poll(&p, 1, static_cast<int>(wait.count())) == 1;
}

// Serves r from a plain poll() loop, by its descriptor alone, until nothing is left.
int serve_by_descriptor(runner& r) {
    int sleeps = 0;
    while (r.poll()) {
        static_cast<void>(r.next_timeout());
        EXPECT_TRUE(readable(r.fd(), 10s)) << "the loop has something to do and does not say so";
        if (++sleeps > 10'000) {
            ADD_FAILURE() << "readable for ever";
            break;
        }
    }
    return sleeps;
}

// The same, by next_timeout() alone.
void serve_by_timeout(runner& r) {
    while (r.poll()) {
        const auto timeout = r.next_timeout();
        ASSERT_TRUE(timeout);
        std::this_thread::sleep_for(*timeout);
    }
}

TEST_F(runner_poll_test, with_nothing_to_do_is_quiet) {
    runner r;
    EXPECT_FALSE(readable(r.fd()));
    EXPECT_EQ(r.next_timeout(), std::nullopt);
    EXPECT_FALSE(r.poll());
    EXPECT_FALSE(r.poll(5ms));
    EXPECT_FALSE(readable(r.fd()));
}

TEST_F(runner_poll_test, runs_tasks_to_their_end_by_the_descriptor) {
    runner r;
    std::string log;
    auto work = r.get_loop().submit([&] {
        log += "a";
        sleep_for(5ms);
        log += "b";
        yield_times(500); // more than one series of turns
        log += "c";
        return 1;
    });
    serve_by_descriptor(r);
    EXPECT_EQ(log, "abc");
    EXPECT_EQ(work.get(), 1);
}

TEST_F(runner_poll_test, runs_tasks_to_their_end_by_the_timeout) {
    runner r;
    auto work = r.get_loop().submit([] {
        sleep_for(5ms);
        yield_times(500);
        sleep_for(5ms);
    });
    serve_by_timeout(r);
    work.get();
}

TEST_F(runner_poll_test,
       next_timeout_is_zero_when_something_is_ready_and_the_next_deadline_otherwise) {
    runner r;
    const int fd = r.fd();
    r.get_loop().call_soon([] {});
    EXPECT_EQ(r.next_timeout(), 0ns);
    EXPECT_TRUE(readable(fd));
    r.poll();
    const handle later = r.get_loop().call_later(1h, [] {});
    const auto timeout = r.next_timeout();
    ASSERT_TRUE(timeout);
    EXPECT_GT(*timeout, 59min);
    EXPECT_LE(*timeout, 1h);
    EXPECT_FALSE(readable(fd));
    EXPECT_TRUE(r.poll()) << "a callback is left";
    handle(later).cancel();
    EXPECT_FALSE(r.poll());
}

TEST_F(runner_poll_test, a_due_timer_makes_the_descriptor_readable_once) {
    runner r;
    const int fd = r.fd();
    int calls = 0;
    r.get_loop().call_later(10ms, [&] { ++calls; });
    static_cast<void>(r.next_timeout());
    EXPECT_FALSE(readable(fd));
    EXPECT_TRUE(readable(fd, 10s));
    EXPECT_FALSE(r.poll());
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(readable(fd));
}

TEST_F(runner_poll_test, sleeps_as_long_as_it_may) {
    runner r;
    bool called = false;
    const auto begin = clock::now();
    r.get_loop().call_later(20ms, [&] { called = true; });
    EXPECT_TRUE(r.poll(1ms));
    EXPECT_GE(clock::now() - begin, 1ms);
    EXPECT_FALSE(called);
    EXPECT_TRUE(r.poll(0ms));
    while (r.poll(10s)) {
    }
    EXPECT_TRUE(called);
    EXPECT_GE(clock::now() - begin, 20ms);
    EXPECT_LT(clock::now() - begin, 9s);
}

TEST_F(runner_poll_test, virtual_time_passes_as_far_as_poll_may_wait) {
    run_options options;
    options.virtual_time = true;
    runner r(options);
    loop& l = r.get_loop();
    const auto begin = l.time();
    bool called = false;
    l.call_later(3h, [&] { called = true; });
    EXPECT_TRUE(r.poll());
    EXPECT_EQ(l.time(), begin);
    EXPECT_EQ(r.next_timeout(), 3h);
    EXPECT_TRUE(r.poll(1h));
    EXPECT_EQ(l.time(), begin + 1h);
    EXPECT_FALSE(r.poll(24h));
    EXPECT_TRUE(called);
    EXPECT_EQ(l.time(), begin + 3h);
}

TEST_F(runner_poll_test, what_other_threads_post_makes_the_descriptor_readable) {
    runner r;
    const int fd = r.fd();
    r.poll();
    EXPECT_EQ(r.next_timeout(), std::nullopt);
    int calls = 0;
    loop& l = r.get_loop();
    std::thread poster([&] {
        std::this_thread::sleep_for(10ms);
        l.post([&] { ++calls; });
    });
    EXPECT_TRUE(readable(fd, 10s));
    poster.join();
    EXPECT_FALSE(r.poll());
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(readable(fd));
}

TEST_F(runner_poll_test, somebody_outside_who_promised_to_come_is_something_left) {
    runner r;
    {
        const work_guard guard = r.get_loop().hold();
        EXPECT_TRUE(r.poll());
    }
    EXPECT_FALSE(r.poll());
}

TEST_F(runner_poll_test, descriptors_of_tasks_make_it_readable) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    {
        runner r;
        const int fd = r.fd();
        std::string got;
        r.get_loop().add_reader(ends[0], [&] {
            char c = 0;
            if (::read(ends[0], &c, 1) == 1) {
                got += c;
            }
        });
        EXPECT_TRUE(r.poll());
        EXPECT_FALSE(readable(fd));
        for (const char* text : {"a", "b"}) {
            ASSERT_EQ(::write(ends[1], text, 1), 1);
            EXPECT_TRUE(readable(fd, 10s));
            r.poll();
            r.poll();
            EXPECT_FALSE(readable(fd));
        }
        EXPECT_EQ(got, "ab");
        r.get_loop().remove_reader(ends[0]);
        EXPECT_FALSE(r.poll());
    }
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_F(runner_poll_test, a_server_and_its_client_run_to_the_end_by_the_descriptor) {
    runner r;
    auto work = r.get_loop().submit([] {
        listener listening("127.0.0.1", std::uint16_t{0});
        auto server = spawn([&] {
            stream peer = listening.accept();
            for (int i = 0; i < 20; ++i) {
                peer.write(peer.read_line());
            }
        });
        stream client = open_connection("127.0.0.1", listening.local_endpoint().port());
        for (int i = 0; i < 20; ++i) {
            client.write("line\n");
            EXPECT_EQ(client.read_line(), "line\n");
        }
        server.get();
        return 1;
    });
    serve_by_descriptor(r);
    EXPECT_EQ(work.get(), 1);
}

TEST_F(runner_poll_test, what_the_foreign_loop_wakes_between_two_polls_is_ready) {
    runner r;
    event pressed;
    const int fd = r.fd();
    bool seen = false;
    auto work = r.get_loop().submit([&] {
        pressed.wait();
        seen = true;
    });
    r.poll();
    EXPECT_FALSE(readable(fd));
    pressed.set(); // as a button's callback would
    EXPECT_EQ(r.next_timeout(), 0ns);
    EXPECT_TRUE(readable(fd));
    while (r.poll()) {
    }
    EXPECT_TRUE(seen);
    work.get();
}

TEST_F(runner_poll_test, its_descriptor_may_be_watched_by_epoll) {
    runner r;
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event interest{};
    interest.events = EPOLLIN;
    ASSERT_EQ(::epoll_ctl(set, EPOLL_CTL_ADD, r.fd(), &interest), 0);
    r.get_loop().call_later(5ms, [] {});
    static_cast<void>(r.next_timeout());
    epoll_event got{};
    EXPECT_EQ(::epoll_wait(set, &got, 1, 10'000), 1);
    EXPECT_FALSE(r.poll());
    EXPECT_EQ(::epoll_wait(set, &got, 1, 0), 0);
    ::close(set);
}

TEST_F(runner_poll_order_test, run_and_poll_may_alternate) {
    runner r;
    const int fd = r.fd();
    std::vector<int> order;
    r.get_loop().call_soon([&] { order.push_back(1); });
    r.run([&] { order.push_back(2); });
    auto work = r.get_loop().submit([&] {
        order.push_back(3);
        sleep_for(5ms);
        order.push_back(5);
    });
    r.poll();
    r.run([&] { order.push_back(4); });
    static_cast<void>(r.next_timeout());
    EXPECT_TRUE(readable(fd, 10s));
    while (r.poll()) {
    }
    EXPECT_THAT(order, ElementsAre(1, 2, 3, 4, 5));
    work.get();
}

TEST_F(runner_poll_test, tells_how_the_loop_is_doing) {
    runner r;
    loop& l = r.get_loop();
    auto work = l.submit([] { sleep_for(1ms); });
    EXPECT_EQ(l.stats().tasks_alive, 1u);
    EXPECT_EQ(l.stats().ready, 1u);
    EXPECT_EQ(l.stats().stacks_in_use, 0u);
    r.poll();
    const metrics m = l.stats();
    EXPECT_EQ(m.tasks_spawned, 1u);
    EXPECT_EQ(m.switches, 1u);
    EXPECT_EQ(m.timers, 1u);
    EXPECT_EQ(m.stacks_in_use, 1u);
    while (r.poll(1s)) {
    }
    EXPECT_EQ(l.stats().tasks_alive, 0u);
    EXPECT_EQ(l.stats().switches, 2u);
    EXPECT_EQ(l.stats().stacks_in_use, 0u);
    EXPECT_EQ(l.stats().stacks_pooled, 1u);
    std::uint64_t series = 0;
    for (const auto n : l.stats().loop_lag) {
        series += n;
    }
    EXPECT_GE(series, 2u);
}

} // namespace
} // namespace weft::test
