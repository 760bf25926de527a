// SPDX-License-Identifier: BSL-1.0
//
// What is asked of the kernel, and what is left alone.
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <thread>

namespace {

using namespace weft::test;
namespace posix = weft::posix;

class posix_flags : public api_test {};

int status_flags(int fd) {
    return ::fcntl(fd, F_GETFL);
}

TEST_F(posix_flags, are_never_changed_by_a_wait) {
    in_virtual_time([] {
        socket_ends s;
        pipe_ends p;
        tcp_listener listener;
        char c = 0;
        auto all = weft::spawn([&] {
            weft::with_task_group([&](weft::task_group& group) {
                group.spawn([&] { posix::read(s.near, &c, 1); });
                group.spawn([&] { posix::read(p.near, &c, 1); });
                group.spawn([&] { posix::accept(listener.fd, nullptr, nullptr); });
                group.spawn([&] {
                    pollfd fd{s.far, POLLIN, 0};
                    posix::poll(&fd, 1, -1);
                });
            });
        });
        settle();
        for (const int fd : {s.near, s.far, p.near, listener.fd}) {
            EXPECT_EQ(status_flags(fd) & O_NONBLOCK, 0);
        }
        all.cancel();
        EXPECT_THROW(all.get(), weft::cancelled);
    });
}

// A duplicate turns O_NONBLOCK on while a task waits: the wait goes on, as a thread's would, and
// the next call does not wait.
TEST_F(posix_flags, count_from_the_next_call_on) {
    in_virtual_time([] {
        socket_ends s;
        char c = 0;
        auto reader = weft::spawn([&] {
            EXPECT_EQ(posix::read(s.near, &c, 1), 1);
            EXPECT_EQ(told(posix::read(s.near, &c, 1)), failed(EAGAIN));
        });
        settle();
        const int duplicate = ::dup(s.near);
        EXPECT_EQ(::fcntl(duplicate, F_SETFL, O_NONBLOCK), 0);
        settle();
        EXPECT_FALSE(reader.done());
        EXPECT_EQ(::write(s.far, "x", 1), 1);
        reader.get();
        ::close(duplicate);
    });
}

TEST_F(posix_flags, of_standard_input_are_left_alone) {
    pipe_ends p;
    const int kept = ::dup(0);
    ASSERT_EQ(::dup2(p.near, 0), 0);
    in_virtual_time([&] {
        char c = 0;
        auto reader = weft::spawn([&] { return posix::read(0, &c, 1); });
        settle();
        EXPECT_EQ(status_flags(0) & O_NONBLOCK, 0);
        EXPECT_EQ(::write(p.far, "x", 1), 1);
        EXPECT_EQ(reader.get(), 1);
    });
    ::dup2(kept, 0);
    ::close(kept);
}

// A connect() on descriptor 0 waits in a thread: the flags stay what they are.
TEST_F(posix_flags, of_a_connecting_descriptor_that_others_may_share_are_left_alone) {
    tcp_listener listener(0);
    std::vector<int> waiting;
    for (int i = 0; i < 4; ++i) {
        waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        ::connect(waiting.back(), listener.generic(), sizeof(listener.address));
    }
    const int kept = ::dup(0);
    const int late = ::socket(AF_INET, SOCK_STREAM, 0);
    set_limit(late, SO_SNDTIMEO, 5'000);
    ASSERT_EQ(::dup2(late, 0), 0);
    weft::run([&] {
        auto connecting = weft::spawn(
            [&] { return told(posix::connect(0, listener.generic(), sizeof(listener.address))); });
        weft::yield();
        EXPECT_EQ(status_flags(0) & O_NONBLOCK, 0);
        EXPECT_EQ(connecting.get(), failed(EINPROGRESS));
    });
    ::dup2(kept, 0);
    for (const int fd : waiting) {
        ::close(fd);
    }
    ::close(kept);
    ::close(late);
}

// Off a task everything is libc's call, on descriptors that tasks use as well.
TEST_F(posix_flags, do_not_matter_off_a_task) {
    socket_ends s;
    char c = 0;
    std::thread reader([&] { EXPECT_EQ(posix::read(s.near, &c, 1), 1); });
    EXPECT_EQ(posix::write(s.far, "x", 1), 1);
    reader.join();
    EXPECT_EQ(told(posix::recv(s.near, &c, 1, MSG_DONTWAIT)), failed(EAGAIN));
}

} // namespace
