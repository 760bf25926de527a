// SPDX-License-Identifier: BSL-1.0
//
// The descriptor for whoever sleeps in the loop's place: when it is readable and when it is not.
#include "tests/support/net_reactor.hpp"

#include <chrono>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weft::reactor {
namespace {

using namespace std::chrono_literals;
using outer_set_test = test::reactor_fixture;

bool readable(int fd, std::chrono::milliseconds wait = 0ms) {
    pollfd p{fd, POLLIN, 0};
    return ::poll(&p, 1, static_cast<int>(wait.count())) == 1;
}

TEST_F(outer_set_test, is_quiet_until_something_happens_and_stays_the_same) {
    const int outer = loop().outer_descriptor();
    loop().poll();
    EXPECT_FALSE(readable(outer));
    EXPECT_EQ(loop().outer_descriptor(), outer);
}

TEST_F(outer_set_test, tells_of_a_wake_until_that_is_served) {
    const int outer = loop().outer_descriptor();
    loop().wake();
    EXPECT_TRUE(readable(outer));
    EXPECT_TRUE(loop().poll());
    EXPECT_FALSE(readable(outer));
}

TEST_F(outer_set_test, tells_of_a_deadline) {
    const int outer = loop().outer_descriptor();
    loop().prepare_outer_sleep(fibers::clock::now() + 20ms);
    EXPECT_FALSE(readable(outer));
    EXPECT_TRUE(readable(outer, 5'000ms));
    loop().poll();
    EXPECT_FALSE(readable(outer));
}

TEST_F(outer_set_test, tells_of_data_also_after_libev_has_made_a_new_set) {
    const int outer = loop().outer_descriptor();
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    int old[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, old), 0);
    fibers::wait_site site{"test"};
    int woken = 0;
    start([&, this] {
        loop().descriptors().wait(old[0], direction::read, site);
        ++woken;
    });
    start([&, this] {
        fibers::wait_site own{"test"};
        loop().descriptors().wait(ends[0], direction::read, own);
        ++woken;
    });
    kernel().serve(fibers::time_point::min());
    loop().poll();
    // Closed behind libev's back while a duplicate lives: its next event makes libev start afresh.
    const int duplicate = ::dup(old[0]);
    ::close(old[0]);
    ASSERT_EQ(::write(old[1], "x", 1), 1);
    for (int i = 0; i < 5; ++i) {
        kernel().serve(fibers::time_point::min());
        loop().prepare_outer_sleep(fibers::never);
    }
    ::close(duplicate);
    ::close(old[1]);
    loop().poll();
    EXPECT_FALSE(readable(outer));
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    EXPECT_TRUE(readable(outer, 5'000ms));
    run();
    EXPECT_EQ(woken, 2);
    loop().descriptors().close(ends[0]);
    ::close(ends[1]);
}

} // namespace
} // namespace weft::reactor
