// SPDX-License-Identifier: BSL-1.0
//
// The port that sleeps in libev: it wakes when it should, is never early, is not rounded to
// milliseconds, and a process without descriptors gets an error from it and not an abort.
#include "tests/support/net_reactor.hpp"
#include "tests/support/net_shortage.hpp"
#include "tests/support/net_system_calls.hpp"
#include "tests/support/resources.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>

namespace weft::reactor {
namespace {

using namespace std::chrono_literals;
using fibers::wake_reason;
using test::descriptor_shortage;
using test::make_pipe;
using test::put_byte;
using test::take_byte;
using loop_sleep = test::reactor_fixture;
using loop_wake = test::reactor_fixture;
using loop_poll = test::reactor_fixture;
using loop_creation = test::reactor_fixture;

// --- deadlines ---

TEST_F(loop_sleep, a_deadline_is_never_early) {
    for (const auto d : {1us, 10us, 50us, 100us, 250us, 500us, 999us, 1000us, 1001us, 2500us}) {
        const auto deadline = loop().now() + d;
        while (loop().now() < deadline) {
            loop().wait(deadline);
        }
        start([this, d] {
            const auto when = kernel().now() + d;
            EXPECT_EQ(park(when), wake_reason::timed_out);
            EXPECT_GE(fibers::clock::now(), when);
        });
    }
    run();
}

TEST_F(loop_sleep, a_deadline_below_a_millisecond_is_not_rounded_up) {
    auto best = fibers::clock::duration::max();
    for (int i = 0; i < 50; ++i) {
        const auto deadline = loop().now() + 200us;
        loop().wait(deadline);
        best = std::min(best, loop().now() - deadline);
    }
    EXPECT_GE(best, 0us);
    EXPECT_LT(best, 500us);
}

TEST_F(loop_sleep, one_sleep_is_one_wake_up) {
    wake_ups_until(loop().now() + 100us); // what earlier deadlines left behind
    EXPECT_LE(wake_ups_until(loop().now() + 20ms), 2);
}

TEST_F(loop_sleep, a_deadline_that_has_passed_does_not_sleep) {
    const auto begin = loop().now();
    loop().wait(begin);
    loop().wait(begin - 1h);
    loop().wait(fibers::time_point{});
    loop().wait(fibers::time_point::min());
    EXPECT_LT(loop().now() - begin, 1s);
}

TEST_F(loop_sleep, an_earlier_deadline_replaces_a_later_one) {
    loop().wake();
    loop().wait(loop().now() + 1h); // armed, and ended by the wake-up
    const auto near = loop().now() + 1ms;
    wake_ups_until(near);
    EXPECT_GE(loop().now(), near);
    EXPECT_LT(loop().now() - near, 10s);
}

TEST_F(loop_sleep, a_later_deadline_holds_after_an_earlier_one) {
    loop().wake();
    loop().wait(loop().now() + 1ms);
    EXPECT_LE(wake_ups_until(loop().now() + 10ms), 3);
}

TEST_F(loop_sleep, the_timer_is_set_only_for_an_earlier_deadline) {
    const auto far = loop().now() + 1h;
    loop().wake();
    loop().wait(far);
    const auto calls = test::timerfd_settime_calls();
    for (int i = 0; i < 10; ++i) {
        loop().wake();
        loop().wait(far + i * 1s);
    }
    EXPECT_EQ(test::timerfd_settime_calls(), calls);
    loop().wake();
    loop().wait(far - 1s);
    EXPECT_EQ(test::timerfd_settime_calls(), calls + 1);
}

TEST_F(loop_sleep, a_deadline_centuries_away_is_a_sleep) {
    std::thread waker([this] {
        std::this_thread::sleep_for(2ms);
        loop().wake();
    });
    const auto begin = loop().now();
    loop().wait(fibers::never - 1ns);
    EXPECT_GE(loop().now() - begin, 1ms);
    waker.join();
}

// --- waking ---

TEST_F(loop_wake, ends_a_sleep_from_another_thread) {
    std::thread waker([this] {
        std::this_thread::sleep_for(1ms);
        loop().wake();
    });
    loop().wait(fibers::never); // or the alarm ends this test
    waker.join();
}

TEST_F(loop_wake, before_the_sleep_ends_the_next_one) {
    loop().wake();
    loop().wait(fibers::never);
}

TEST_F(loop_wake, many_are_one) {
    for (int i = 0; i < 1000; ++i) {
        loop().wake();
    }
    loop().wait(fibers::never);
    EXPECT_LE(wake_ups_until(loop().now() + 5ms), 2);
}

TEST_F(loop_wake, keeps_errno) {
    errno = ENOTTY;
    loop().wake();
    EXPECT_EQ(errno, ENOTTY);
}

reactor::loop* loop_for_signal = nullptr;

TEST_F(loop_wake, works_in_a_signal_handler) {
    loop_for_signal = &loop();
    const auto before = std::signal(SIGUSR1, [](int) { loop_for_signal->wake(); });
    const pid_t self = ::getpid();
    std::thread sender([self] {
        std::this_thread::sleep_for(1ms);
        ::kill(self, SIGUSR1);
    });
    loop().wait(fibers::never);
    sender.join();
    std::signal(SIGUSR1, before);
}

// --- looking without sleeping ---

TEST_F(loop_poll, says_whether_it_made_something_ready) {
    auto pair = make_pipe();
    EXPECT_FALSE(loop().poll());
    start([&, this] {
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        EXPECT_TRUE(take_byte(pair.near.get()));
    });
    start([&, this] {
        EXPECT_FALSE(loop().poll());
        put_byte(pair.far.get());
        EXPECT_TRUE(loop().poll());
        EXPECT_FALSE(loop().poll()) << "it has been told";
    });
    run();
}

TEST_F(loop_poll, does_not_count_what_a_wait_made_ready) {
    auto pair = make_pipe();
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready); });
    start([&, this] {
        put_byte(pair.far.get());
        loop().wait(fibers::never);
        EXPECT_TRUE(take_byte(pair.near.get()));
        EXPECT_FALSE(loop().poll());
    });
    run();
}

TEST_F(loop_poll, counts_a_fiber_that_learns_of_a_close_behind_its_back) {
    auto pair = make_pipe();
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::closed); });
    start([&, this] {
        ::close(pair.near.release());
        EXPECT_TRUE(loop().poll());
    });
    run();
}

TEST_F(loop_poll, watching_means_that_a_fiber_waits) {
    auto pair = make_pipe();
    EXPECT_FALSE(loop().watching());
    start([&, this] { wait_readable(pair.near.get()); });
    start([&, this] {
        EXPECT_TRUE(loop().watching());
        put_byte(pair.far.get());
    });
    run();
    EXPECT_FALSE(loop().watching());
}

// --- creation ---

TEST_F(loop_creation, without_descriptors_is_an_error_and_leaves_none) {
    const auto begin = test::open_descriptors();
    std::size_t needed = 0;
    for (bool made = false; !made; ++needed) {
        ASSERT_LT(needed, 10U);
        try {
            const descriptor_shortage shortage(needed);
            const reactor::loop another;
            made = true;
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), std::errc::too_many_files_open) << e.what();
            EXPECT_EQ(std::string(e.what()).substr(0, 5), "weft:");
        }
    }
    EXPECT_GE(needed, 3U);
    EXPECT_EQ(test::open_descriptors(), begin);
}

TEST_F(loop_creation, without_room_for_watches_is_an_error) {
    const auto begin = test::open_descriptors();
    {
        const test::refuse_to_watch all(test::refuse_to_watch::any, ENOSPC);
        EXPECT_THROW(reactor::loop(), std::system_error);
    }
    EXPECT_EQ(test::open_descriptors(), begin);
}

TEST_F(loop_creation, descriptors_do_not_reach_programs_that_are_started) {
    for (int fd = 0; fd < 256; ++fd) {
        const std::string path = "/proc/self/fd/" + std::to_string(fd);
        char target[64] = {};
        if (::readlink(path.c_str(), target, sizeof(target) - 1) > 0 &&
            std::string(target).find("anon_inode") == 0) {
            EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC) << target;
        }
    }
}

TEST_F(loop_poll, tells_of_a_wake_once) {
    loop().poll();
    EXPECT_FALSE(loop().poll());
    loop().wake();
    loop().wake();
    EXPECT_TRUE(loop().poll());
    EXPECT_FALSE(loop().poll());
}

} // namespace
} // namespace weft::reactor
