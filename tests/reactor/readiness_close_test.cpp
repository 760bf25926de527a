// SPDX-License-Identifier: BSL-1.0
//
// Descriptors that are closed while somebody waits, closed behind the reactor's back, duplicated,
// replaced and reused. Whatever a program does here, the waiter learns of it and libev does not
// abort.
#include "tests/support/net_reactor.hpp"
#include "tests/support/sanitized.hpp"

#include <chrono>

namespace weft::reactor {
namespace {

using namespace std::chrono_literals;
using test::fd_pair;
using test::fill_up;
using test::log_lines;
using test::make_pipe;
using test::make_socket_pair;
using test::put_byte;
using test::take_byte;
using readiness_close = test::reactor_fixture;
using readiness_raw_close = test::reactor_fixture;
using readiness_duplicates = test::reactor_fixture;
using readiness_reuse_stress = test::reactor_fixture;

// --- close() and forget() ---

TEST_F(readiness_close, wakes_everybody_who_waits) {
    auto pair = make_socket_pair();
    fill_up(pair.near.get());
    for (int i = 0; i < 2; ++i) {
        start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::closed); });
        start([&, this] { EXPECT_EQ(wait_writable(pair.near.get()), wait_result::closed); });
    }
    start([&, this] {
        descriptors().close(pair.near.get());
        EXPECT_LT(::fcntl(pair.near.release(), F_GETFD), 0);
    });
    run();
}

TEST_F(readiness_close, also_after_the_loop_has_looked) {
    auto pair = make_socket_pair();
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::closed); });
    start([&, this] {
        let_loop_look();
        descriptors().close(pair.near.release());
    });
    run();
}

TEST_F(readiness_close, with_nobody_waiting_only_closes) {
    auto pair = make_socket_pair();
    start([&, this] {
        descriptors().close(pair.near.release());
        descriptors().forget(-1);
        descriptors().forget(1 << 30);
    });
    run();
    EXPECT_FALSE(take_byte(pair.far.get()));
}

TEST_F(readiness_close, forget_wakes_and_leaves_the_descriptor_usable) {
    auto pair = make_pipe();
    start([&, this] {
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::closed);
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        EXPECT_TRUE(take_byte(pair.near.get()));
    });
    start([&, this] {
        let_loop_look();
        descriptors().forget(pair.near.get());
        let_loop_look();
        put_byte(pair.far.get());
    });
    run();
}

TEST_F(readiness_close, the_number_stands_for_its_new_owner) {
    auto old_pair = make_pipe();
    auto new_pair = make_pipe();
    const int number = old_pair.near.get();
    put_byte(old_pair.far.get()); // readiness of the old one must not be told of the new one
    start([&, this] {
        EXPECT_EQ(wait_readable(number), wait_result::ready);
        descriptors().close(old_pair.near.release());
        ASSERT_EQ(::dup2(new_pair.near.get(), number), number);
        const unique_fd reused(number);
        EXPECT_EQ(wait_readable(number, kernel().now() + 300us), wait_result::timed_out);
        put_byte(new_pair.far.get());
        EXPECT_EQ(wait_readable(number), wait_result::ready);
        EXPECT_TRUE(take_byte(number));
        descriptors().forget(number);
    });
    run();
}

// --- ::close() by somebody else ---

TEST_F(readiness_raw_close, in_the_turn_of_the_wait_wakes_the_waiter) {
    auto pair = make_socket_pair();
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::closed); });
    start([&] { ::close(pair.near.release()); });
    run(); // nothing else could end the sleep
}

TEST_F(readiness_raw_close, is_found_when_the_other_direction_is_waited_for) {
    auto pair = make_socket_pair();
    const int fd = pair.near.get();
    start([&, this] { EXPECT_EQ(wait_readable(fd), wait_result::closed); });
    start([&, this] {
        let_loop_look();
        ::close(pair.near.release());
        EXPECT_EQ(wait_writable(fd), wait_result::bad_descriptor);
    });
    run();
}

TEST_F(readiness_raw_close, of_a_watched_descriptor_nobody_waits_for) {
    auto pair = make_socket_pair();
    start([&, this] {
        put_byte(pair.far.get());
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        EXPECT_TRUE(take_byte(pair.near.get()));
        ::close(pair.near.release()); // its watcher is active
        let_loop_look();
    });
    run();
}

TEST_F(readiness_raw_close, after_one_direction_was_stopped) {
    auto pair = make_socket_pair();
    const int fd = pair.near.get();
    auto& reader = start([&, this] { EXPECT_EQ(wait_readable(fd), wait_result::closed); });
    start([&, this] {
        EXPECT_EQ(wait_writable(fd), wait_result::ready);
        // The loop looks again with nobody waiting for room: it stops that side, and libev has a
        // change to tell the kernel. This poll() sees the event, the next one tells.
        loop().poll();
        ::close(pair.near.release());
        loop().poll();
        EXPECT_EQ(reader.state(), fibers::fiber_state::ready);
    });
    run();
}

TEST_F(readiness_raw_close, and_a_reuse_of_the_number_by_a_file) {
    auto pair = make_socket_pair();
    const int fd = pair.near.get();
    start([&, this] { EXPECT_EQ(wait_readable(fd), wait_result::ready); });
    start([&] {
        ::close(pair.near.release());
        ASSERT_EQ(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC), fd);
    });
    run();
    wake_ups_until(loop().now() + 1ms);
    EXPECT_LE(wake_ups_until(loop().now() + 5ms), 2) << "it must not spin";
    descriptors().close(fd);
}

// --- duplicates ---

// Leaves libev with an event of a descriptor that is closed, while a duplicate of it lives: it
// makes a new epoll set and tells the kernel everything anew.
void make_libev_start_anew(readiness& descriptors, fd_pair& pair, unique_fd& duplicate) {
    duplicate = unique_fd(::fcntl(pair.near.get(), F_DUPFD_CLOEXEC, 0));
    descriptors.close(pair.near.release());
    put_byte(pair.far.get());
}

TEST_F(readiness_duplicates, of_a_closed_descriptor_disturb_nobody) {
    auto pair = make_socket_pair();
    auto other = make_socket_pair();
    unique_fd duplicate;
    start([&, this] {
        EXPECT_EQ(wait_readable(other.near.get()), wait_result::ready);
        EXPECT_TRUE(take_byte(other.near.get()));
    });
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::closed); });
    start([&, this] {
        let_loop_look();
        make_libev_start_anew(descriptors(), pair, duplicate);
        let_loop_look();
        EXPECT_LE(wake_ups_until(loop().now() + 2ms), 3) << "it must not spin";
        EXPECT_EQ(wait_readable(duplicate.get()), wait_result::ready);
        put_byte(other.far.get());
    });
    run();
    descriptors().forget(duplicate.get());
}

TEST_F(readiness_duplicates, and_a_raw_close_of_another_descriptor) {
    auto pair = make_socket_pair();
    auto other = make_socket_pair();
    unique_fd duplicate;
    start([&, this] { EXPECT_EQ(wait_readable(other.near.get()), wait_result::closed); });
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::closed); });
    start([&, this] {
        let_loop_look();
        make_libev_start_anew(descriptors(), pair, duplicate);
        ::close(other.near.release()); // libev still believes in it
    });
    run(); // the waiter is found while libev starts anew, and nothing else ends that sleep
}

TEST_F(readiness_duplicates, are_watched_each_for_itself) {
    auto pair = make_socket_pair();
    const unique_fd duplicate(::fcntl(pair.near.get(), F_DUPFD_CLOEXEC, 0));
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready); });
    start([&, this] { EXPECT_EQ(wait_readable(duplicate.get()), wait_result::ready); });
    start([&, this] {
        let_loop_look();
        put_byte(pair.far.get());
    });
    run();
}

TEST_F(readiness_duplicates, dup2_after_forget_replaces_what_is_watched) {
    auto first = make_pipe();
    auto second = make_pipe();
    const int number = first.near.get();
    start([&, this] {
        EXPECT_EQ(wait_readable(number), wait_result::closed);
        EXPECT_EQ(wait_readable(number), wait_result::ready);
        EXPECT_TRUE(take_byte(number));
    });
    start([&, this] {
        let_loop_look();
        descriptors().forget(number);
        ASSERT_EQ(::dup2(second.near.get(), number), number);
        let_loop_look();
        put_byte(second.far.get());
    });
    run();
}

// --- many ---

TEST_F(readiness_reuse_stress, a_number_serves_100000_descriptors) {
    const auto count = test::rounds(100'000);
    int number = -1;
    start([&, this] {
        for (std::size_t i = 0; i < count; ++i) {
            auto pair = make_pipe();
            const int fd = pair.near.get();
            number = number < 0 ? fd : number;
            ASSERT_EQ(fd, number);
            switch (i % 4) {
            case 0: // told, read, closed
                put_byte(pair.far.get());
                ASSERT_EQ(wait_readable(fd), wait_result::ready);
                ASSERT_TRUE(take_byte(fd));
                break;
            case 1: // told, closed with the byte in it
                put_byte(pair.far.get());
                ASSERT_EQ(wait_readable(fd), wait_result::ready);
                break;
            case 2: // the peer hangs up
                pair.far = {};
                ASSERT_EQ(wait_readable(fd), wait_result::ready);
                break;
            default: // nothing comes
                ASSERT_EQ(wait_readable(fd, fibers::time_point{}), wait_result::timed_out);
            }
            descriptors().close(pair.near.release());
        }
    });
    run();
}

TEST_F(readiness_reuse_stress, the_waiter_of_an_old_descriptor_never_sees_the_new_one) {
    const auto count = test::rounds(20'000);
    fd_pair pair;
    std::size_t closed = 0;
    start([&, this] {
        for (std::size_t i = 0; i < count; ++i) {
            pair = make_pipe();
            start([&, this, fd = pair.near.get()] {
                closed += wait_readable(fd) == wait_result::closed ? 1 : 0;
            });
            if (i % 2 == 0) {
                yield(); // it waits
            } else {
                sleep_for(0us); // and the loop has looked
                yield();
            }
            descriptors().close(pair.near.release());
            put_byte(make_pipe().far.get()); // the number's next owner, readable at once
            yield();
            forget_ended();
        }
    });
    run();
    EXPECT_EQ(closed, count);
}

} // namespace
} // namespace weft::reactor
