// SPDX-License-Identifier: BSL-1.0
//
// Descriptors that are closed, replaced and reused under those who wait for them.
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <array>
#include <string>
#include <vector>

#include <sys/eventfd.h>
#include <sys/syscall.h>

namespace {

using namespace weft::test;
namespace posix = weft::posix;

class posix_close : public api_test {};

// Runs `call` in a task until it waits, then `under`, and returns how the call ended.
template <class Call, class F>
std::string end_under(Call call, F under) {
    std::string end;
    in_virtual_time([&] {
        auto waiter = weft::spawn([&] { end = told(call()); });
        settle();
        under();
        waiter.get();
    });
    return end;
}

TEST_F(posix_close, wakes_who_waits_for_it) {
    for (const bool socket : {false, true}) {
        socket_ends s;
        pipe_ends p;
        two_ends& ends = socket ? static_cast<two_ends&>(s) : p;
        char c = 0;
        EXPECT_EQ(end_under([&] { return posix::read(ends.near, &c, 1); },
                            [&] { EXPECT_EQ(posix::close(std::exchange(ends.near, -1)), 0); }),
                  failed(EBADF));
        const std::string much(1 << 20, 'x');
        socket_ends w;
        EXPECT_EQ(end_under([&, fd = w.far] { return posix::write(fd, much.data(), much.size()); },
                            [&] { w.close_far(); }) != failed(EBADF),
                  true); // how much went
    }
    tcp_listener listener;
    EXPECT_EQ(end_under([&] { return posix::accept(listener.fd, nullptr, nullptr); },
                        [&] { posix::close(std::exchange(listener.fd, -1)); }),
              failed(EBADF));
}

TEST_F(posix_close, by_dup2_wakes_who_waits_for_it) {
    socket_ends s;
    socket_ends other;
    char c = 0;
    EXPECT_EQ(end_under([&] { return posix::read(s.near, &c, 1); },
                        [&] { EXPECT_EQ(posix::dup2(other.near, s.near), s.near); }),
              failed(EBADF));
    EXPECT_EQ(end_under([&] { return posix::read(s.near, &c, 1); },
                        [&] { EXPECT_EQ(posix::dup3(s.far, s.near, O_CLOEXEC), s.near); }),
              failed(EBADF));
    // What fails, or changes nothing, wakes nobody.
    pipe_ends p;
    EXPECT_EQ(end_under([&] { return posix::read(p.near, &c, 1); },
                        [&] {
                            EXPECT_EQ(posix::dup2(p.near, p.near), p.near);
                            EXPECT_EQ(told(posix::dup2(-1, p.near)), failed(EBADF));
                            EXPECT_EQ(told(posix::dup3(p.far, p.near, 1)), failed(EINVAL));
                            settle();
                            EXPECT_EQ(::write(p.far, "x", 1), 1);
                        }),
              "1");
}

TEST_F(posix_close, of_a_range_wakes_who_waits_in_it) {
    socket_ends s;
    char c = 0;
    EXPECT_EQ(end_under([&] { return posix::read(s.near, &c, 1); },
                        [&] {
                            const auto n = static_cast<unsigned>(s.near);
                            EXPECT_EQ(posix::close_range(n, n, CLOSE_RANGE_CLOEXEC), 0);
                            settle();
                            EXPECT_EQ(posix::close_range(n, n, 0), 0);
                            s.near = -1;
                        }),
              failed(EBADF));
    EXPECT_EQ(told(posix::close_range(2, 1, 0)), failed(EINVAL));
}

// The number stands for a new file at once: the waiter must not take that one's data.
TEST_F(posix_close, keeps_the_waiter_from_the_next_file_of_that_number) {
    socket_ends s;
    socket_ends next;
    char c = 0;
    EXPECT_EQ(end_under([&] { return posix::read(s.near, &c, 1); },
                        [&] {
                            const int number = s.near;
                            posix::close(number);
                            EXPECT_EQ(::dup2(next.near, number), number);
                            EXPECT_EQ(::write(next.far, "x", 1), 1);
                        }),
              failed(EBADF));
}

// --- closed where nobody sees it ---

int raw_close(int fd) {
    return static_cast<int>(::syscall(SYS_close, fd));
}

// Makes `number` stand for what `from` stands for, behind everybody's back, and closes `from`.
void move_unseen(int from, int number) {
    raw_close(number);
    ASSERT_EQ(::syscall(SYS_fcntl, from, F_DUPFD_CLOEXEC, number), number);
    raw_close(from);
}

enum class thing { socket, pipe, fifo_of_nobody, counter, file };

// Opens such a thing at that number, unseen; `other` is its other end, if it has one.
void open_unseen(thing what, int number, int& other) {
    int fds[2] = {-1, -1};
    switch (what) {
    case thing::socket:
        ::syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
        break;
    case thing::pipe:
    case thing::fifo_of_nobody:
        ::syscall(SYS_pipe2, fds, O_CLOEXEC);
        break;
    case thing::counter:
        fds[0] = static_cast<int>(::syscall(SYS_eventfd2, 0, EFD_CLOEXEC));
        fds[1] = static_cast<int>(::syscall(SYS_fcntl, fds[0], F_DUPFD_CLOEXEC, 0));
        break;
    case thing::file:
        fds[0] = static_cast<int>(
            ::syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0));
        break;
    }
    ASSERT_GE(fds[0], 0);
    move_unseen(fds[0], number);
    other = fds[1];
}

// Reads eight bytes from the number, having to wait for them where that is possible at all.
void expect_reading_waits(thing what, int number, int other) {
    std::array<char, 8> in{};
    const std::array<char, 8> out{1};
    weft::with_task_group([&](weft::task_group& group) {
        group.spawn([&] { EXPECT_EQ(told(posix::read(number, in.data(), in.size())), "8"); });
        if (what != thing::file) {
            group.spawn([&] {
                // By the kernel's own doing, and late enough for the other to be waiting.
                weft::sleep_for(std::chrono::microseconds(200));
                EXPECT_EQ(::syscall(SYS_write, other, out.data(), out.size()), 8);
            });
        }
    });
}

TEST_F(posix_close, unseen_leaves_no_belief_that_does_harm) {
    const std::vector<thing> all{thing::socket, thing::pipe, thing::counter, thing::file};
    weft::run([&] {
        const int number = ::dup(0);
        ASSERT_GE(number, 0);
        for (const thing before : all) {
            for (const thing after : all) {
                SCOPED_TRACE(std::to_string(int(before)) + " -> " + std::to_string(int(after)));
                int other = -1;
                open_unseen(before, number, other);
                expect_reading_waits(before, number, other);
                raw_close(other);
                open_unseen(after, number, other);
                expect_reading_waits(after, number, other);
                expect_reading_waits(after, number, other);
                raw_close(other);
            }
        }
        raw_close(number);
    });
}

// The watcher on the old file is still active in the loop's epoll set when the number is reused.
TEST_F(posix_close, unseen_under_a_watcher_does_not_keep_the_next_file_from_being_watched) {
    weft::run([] {
        for (const thing what : {thing::socket, thing::pipe, thing::counter}) {
            const int number = ::dup(0);
            for (int round = 0; round < 3; ++round) {
                int other = -1;
                open_unseen(what, number, other);
                expect_reading_waits(what, number, other);
                pollfd fd{number, POLLIN, 0};
                EXPECT_EQ(posix::poll(&fd, 1, 1), 0); // leaves a watcher behind, too
                raw_close(other);
            }
            raw_close(number);
        }
    });
}

// Two tasks wait for two directions of what is no socket; the second one's look at it must not make
// the loop forget the first.
TEST_F(posix_close, telling_the_kernel_anew_keeps_those_who_wait_already) {
    weft::run([] {
        terminal_ends t;
        char in[8] = {};
        weft::with_task_group([&](weft::task_group& group) {
            group.spawn([&] { EXPECT_EQ(posix::read(t.far, in, 8), 2); });
            group.spawn([&] {
                pollfd fd{t.far, POLLIN | POLLOUT, 0};
                EXPECT_EQ(posix::poll(&fd, 1, -1), 1);
                fd.events = POLLIN;
                EXPECT_EQ(posix::poll(&fd, 1, 1), 0);
            });
            group.spawn([&] {
                weft::sleep_for(std::chrono::milliseconds(3));
                EXPECT_EQ(::write(t.near, "a\n", 2), 2);
            });
        });
    });
}

TEST_F(posix_close, says_what_cannot_be_closed) {
    weft::run([] {
        EXPECT_EQ(told(posix::close(-1)), failed(EBADF));
        EXPECT_EQ(told(posix::close(1'000'000)), failed(EBADF));
    });
}

} // namespace
