// SPDX-License-Identifier: BSL-1.0
//
// Numbers that nobody owns here: what they stand for may change between two waits without a word.
// And waits for several of them at once.
#include "tests/support/net_reactor.hpp"

#include <array>
#include <chrono>

#include <sys/eventfd.h>

namespace weft::reactor {
namespace {

using namespace std::chrono_literals;
using test::fd_pair;
using test::make_pipe;
using test::make_socket_pair;
using test::put_byte;
using test::take_byte;

class readiness_unowned : public test::reactor_fixture {
  protected:
    wait_result wait_unowned(int fd, fibers::time_point deadline = fibers::never) {
        fibers::wait_site site{"test"};
        return descriptors().wait_unowned(fd, direction::read, site, deadline);
    }
    wait_result wait_any(std::span<interest> all, fibers::time_point deadline = fibers::never) {
        fibers::wait_site site{"test"};
        return descriptors().wait_any(all, site, deadline);
    }
    fibers::time_point in(std::chrono::nanoseconds d) { return loop().now() + d; }
};

TEST_F(readiness_unowned, waits_as_for_any_other) {
    auto pair = make_socket_pair();
    start([&, this] {
        EXPECT_EQ(wait_unowned(pair.near.get(), in(1ms)), wait_result::timed_out);
        EXPECT_EQ(wait_unowned(pair.near.get()), wait_result::ready);
        EXPECT_TRUE(take_byte(pair.near.get()));
        EXPECT_EQ(wait_unowned(-1), wait_result::bad_descriptor);
        EXPECT_EQ(wait_unowned(1 << 20), wait_result::bad_descriptor);
    });
    start([&, this] {
        let_loop_look();
        sleep_for(2ms);
        put_byte(pair.far.get());
    });
    run();
}

// The watcher on the first file is active all the time, and libev believes that it still counts.
TEST_F(readiness_unowned, a_number_that_was_given_another_file_is_watched_anew) {
    start([this] {
        for (const bool sockets : {true, false}) {
            fd_pair first = sockets ? make_socket_pair() : make_pipe();
            const int number = first.near.get();
            EXPECT_EQ(wait_unowned(number, in(1ms)), wait_result::timed_out);
            const fd_pair second = sockets ? make_socket_pair() : make_pipe();
            ASSERT_EQ(::dup2(second.near.get(), number), number); // unseen
            put_byte(second.far.get());
            EXPECT_EQ(wait_unowned(number, in(5s)), wait_result::ready);
            EXPECT_TRUE(take_byte(number));
            descriptors().forget(number);
        }
    });
    run();
}

TEST_F(readiness_unowned, who_waits_for_another_socket_of_that_number_hears_that_it_is_gone) {
    auto first = make_socket_pair();
    auto second = make_socket_pair();
    start([&, this] { EXPECT_EQ(wait_unowned(first.near.get()), wait_result::closed); });
    start([&, this] {
        let_loop_look();
        ASSERT_EQ(::dup2(second.near.get(), first.near.get()), first.near.get());
        EXPECT_EQ(wait_unowned(first.near.get(), in(1ms)), wait_result::timed_out);
    });
    run();
}

// Telling the kernel anew must not lose those who wait already for the same thing.
TEST_F(readiness_unowned, several_wait_for_what_is_no_socket) {
    const unique_fd counter(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE));
    int ready = 0;
    for (int i = 0; i < 3; ++i) {
        start([&, this] {
            EXPECT_EQ(wait_unowned(counter.get()), wait_result::ready);
            ++ready;
        });
    }
    start([&, this] {
        let_loop_look();
        const std::uint64_t one = 1;
        EXPECT_EQ(::write(counter.get(), &one, sizeof(one)), 8);
    });
    run();
    EXPECT_EQ(ready, 3);
}

TEST_F(readiness_unowned, the_first_of_several_ends_the_wait_for_all) {
    auto pair = make_socket_pair();
    auto pipe = make_pipe();
    start([&, this] {
        fibers::fiber& self = *kernel().current();
        std::array all{interest(self, pair.near.get(), direction::read),
                       interest(self, pipe.near.get(), direction::read),
                       interest(self, pipe.near.get(), direction::read)};
        EXPECT_EQ(wait_any(all, in(1ms)), wait_result::timed_out);
        EXPECT_EQ(wait_any(all), wait_result::ready);
        EXPECT_TRUE(take_byte(pipe.near.get()));
        EXPECT_EQ(wait_any(all), wait_result::ready); // the closing of the other
    });
    start([&, this] {
        let_loop_look();
        sleep_for(2ms);
        put_byte(pipe.far.get());
        sleep_for(1ms);
        descriptors().close(pair.near.release());
    });
    run();
}

TEST_F(readiness_unowned, one_that_is_not_watched_ends_the_wait_by_its_closing_alone) {
    auto pair = make_socket_pair();
    put_byte(pair.far.get());
    start([&, this] {
        fibers::fiber& self = *kernel().current();
        std::array all{interest(self, pair.near.get(), direction::read, false)};
        EXPECT_EQ(wait_any(all, in(2ms)), wait_result::timed_out);
        EXPECT_EQ(wait_any(all), wait_result::ready);
    });
    start([&, this] {
        sleep_for(3ms);
        descriptors().close(pair.near.release());
    });
    run();
}

TEST_F(readiness_unowned, a_cancel_ends_the_wait_for_all) {
    auto pair = make_socket_pair();
    auto& waiter = start([&, this] {
        fibers::fiber& self = *kernel().current();
        std::array all{interest(self, pair.near.get(), direction::read),
                       interest(self, pair.near.get(), direction::write, false)};
        EXPECT_EQ(wait_any(all), wait_result::cancelled);
    });
    start([&, this] {
        let_loop_look();
        kernel().cancel(waiter);
    });
    run();
}

} // namespace
} // namespace weft::reactor
