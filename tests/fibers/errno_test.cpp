// SPDX-License-Identifier: BSL-1.0
//
// errno belongs to the fiber: what one fiber's system call left there, no other one sees.
#include "tests/support/kernel_fixture.hpp"

#include <cerrno>

namespace weft::fibers {
namespace {

using errno_test = test::kernel_fixture;

TEST_F(errno_test, is_zero_when_a_fiber_starts) {
    errno = EBADF;
    for (int i = 0; i < 3; ++i) {
        start([] {
            EXPECT_EQ(errno, 0);
            errno = EPIPE; // for the next one, which runs on this very stack
        });
    }
    run();
    errno = EBADF;
    start([] { EXPECT_EQ(errno, 0); }); // on a worker from the pool
    run();
}

TEST_F(errno_test, is_zero_when_a_fiber_is_started_at_once) {
    start([this] {
        errno = EPIPE;
        ASSERT_TRUE(spawn_eager(make([] {
            EXPECT_EQ(errno, 0);
            errno = EAGAIN;
        })));
    });
    run();
}

TEST_F(errno_test, is_kept_across_yield_park_and_timeout) {
    for (int i = 1; i <= 20; ++i) {
        start([this, i] {
            errno = i;
            yield();
            EXPECT_EQ(errno, i);
            EXPECT_EQ(sleep_for(std::chrono::milliseconds(i % 5)), wake_reason::timed_out);
            EXPECT_EQ(errno, i);
        });
    }
    run();
}

TEST_F(errno_test, of_the_caller_survives_a_fiber_that_it_starts_at_once) {
    start([this] {
        test::test_fiber& child = make([] { errno = EAGAIN; });
        errno = EINTR;
        EXPECT_TRUE(spawn_eager(child));
        EXPECT_EQ(errno, EINTR);
        EXPECT_TRUE(child.ended());
    });
    run();
}

TEST_F(errno_test, of_the_loop_is_not_a_fibers) {
    start([this] {
        errno = EPIPE;
        yield();
        EXPECT_EQ(errno, EPIPE);
    });
    callback look([](callback&) noexcept { EXPECT_NE(errno, EPIPE); });
    kernel().post(look);
    run();
    EXPECT_NE(errno, EPIPE);
}

} // namespace
} // namespace weft::fibers
