// SPDX-License-Identifier: BSL-1.0
//
// Parking until a descriptor can be read or written, and what is answered for descriptors of every
// kind, the ones that libev would abort or spin over included.
#include "tests/support/net_reactor.hpp"
#include "tests/support/net_system_calls.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace weft::reactor {
namespace {

using namespace std::chrono_literals;
using fibers::wake_reason;
using test::empty_out;
using test::fill_up;
using test::log_lines;
using test::make_pipe;
using test::make_socket_pair;
using test::put_byte;
using test::take_byte;
using readiness_wait = test::reactor_fixture;
using readiness_kinds = test::reactor_fixture;

// --- waiting ---

TEST_F(readiness_wait, for_data) {
    auto pair = make_pipe();
    start([&, this] {
        EXPECT_FALSE(take_byte(pair.near.get()));
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        EXPECT_TRUE(take_byte(pair.near.get()));
        note("read");
    });
    start([&, this] {
        note("written");
        put_byte(pair.far.get());
    });
    run();
    EXPECT_EQ(log(), (log_lines{"written", "read"}));
}

TEST_F(readiness_wait, for_room) {
    auto pair = make_pipe();
    fill_up(pair.far.get());
    start([&, this] {
        EXPECT_EQ(wait_writable(pair.far.get()), wait_result::ready);
        put_byte(pair.far.get());
        note("written");
    });
    start([&, this] {
        note("emptied");
        empty_out(pair.near.get());
    });
    run();
    EXPECT_EQ(log(), (log_lines{"emptied", "written"}));
}

TEST_F(readiness_wait, for_data_that_is_there_already) {
    auto pair = make_pipe();
    put_byte(pair.far.get());
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready); });
    run();
}

TEST_F(readiness_wait, again_and_again) {
    auto pair = make_pipe();
    start([&, this] {
        for (int i = 0; i < 100; ++i) {
            while (!take_byte(pair.near.get())) {
                EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
            }
        }
    });
    start([&, this] {
        for (int i = 0; i < 100; ++i) {
            put_byte(pair.far.get());
            if (i % 3 == 0) {
                sleep_for(10us);
            }
        }
    });
    run();
}

TEST_F(readiness_wait, data_that_is_left_there_is_told_again) {
    auto pair = make_pipe();
    put_byte(pair.far.get());
    start([&, this] {
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        }
    });
    run();
}

TEST_F(readiness_wait, each_direction_is_its_own) {
    auto pair = make_socket_pair();
    fill_up(pair.near.get());
    start([&, this] {
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
        note("readable");
    });
    start([&, this] {
        EXPECT_EQ(wait_writable(pair.near.get()), wait_result::ready);
        note("writable");
    });
    start([&, this] {
        let_loop_look();
        put_byte(pair.far.get());
        let_loop_look();
        note("emptied");
        empty_out(pair.far.get());
    });
    run();
    EXPECT_EQ(log(), (log_lines{"readable", "emptied", "writable"}));
}

TEST_F(readiness_wait, all_who_wait_for_one_direction_are_woken_in_their_order) {
    auto pair = make_pipe();
    for (const char* name : {"first", "second", "third"}) {
        start([&, this, name] {
            EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready);
            note(name);
        });
    }
    start([&] { put_byte(pair.far.get()); });
    run();
    EXPECT_EQ(log(), (log_lines{"first", "second", "third"}));
}

TEST_F(readiness_wait, a_hang_up_is_ready) {
    auto pair = make_socket_pair();
    fill_up(pair.near.get());
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready); });
    start([&, this] { EXPECT_EQ(wait_writable(pair.near.get()), wait_result::ready); });
    start([&] { pair.far = {}; });
    run();
}

TEST_F(readiness_wait, ends_at_its_deadline) {
    auto pair = make_pipe();
    start([&, this] {
        const auto deadline = kernel().now() + 300us;
        EXPECT_EQ(wait_readable(pair.near.get(), deadline), wait_result::timed_out);
        EXPECT_GE(kernel().now(), deadline);
        EXPECT_EQ(wait_readable(pair.near.get(), kernel().now() - 1h), wait_result::timed_out);
        put_byte(pair.far.get());
        EXPECT_EQ(wait_readable(pair.near.get(), kernel().now() + 1h), wait_result::ready);
    });
    run();
}

TEST_F(readiness_wait, ends_when_somebody_says_look_again) {
    auto pair = make_socket_pair();
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready); });
    auto& writer = start([&, this] {
        fill_up(pair.near.get());
        EXPECT_EQ(wait_writable(pair.near.get()), wait_result::closed);
    });
    start([&, this] {
        descriptors().look_again(-1, direction::read);
        descriptors().look_again(1 << 30, direction::read);
        descriptors().look_again(pair.near.get(), direction::read);
        let_loop_look();
        EXPECT_EQ(writer.state(), fibers::fiber_state::parked) << "that was the other direction";
        descriptors().forget(pair.near.get());
    });
    run();
}

TEST_F(readiness_wait, ends_with_a_cancel) {
    auto pair = make_pipe();
    auto& waiter = start([&, this] {
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::cancelled);
        put_byte(pair.far.get());
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready) << "a cancel counts once";
    });
    start([&, this] { kernel().cancel(waiter); });
    run();
}

// --- kinds of descriptors ---

TEST_F(readiness_kinds, what_is_not_open_is_a_bad_descriptor_and_parks_nobody) {
    const int closed = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    ::close(closed);
    start([&, this] {
        for (const int fd : {-1, -1000, closed, 1 << 30}) {
            EXPECT_EQ(wait_readable(fd), wait_result::bad_descriptor) << fd;
            EXPECT_EQ(wait_writable(fd), wait_result::bad_descriptor) << fd;
            note("answered");
        }
    });
    start([&, this] { note("the next fiber's turn"); });
    run();
    EXPECT_EQ(log().back(), "the next fiber's turn");
}

TEST_F(readiness_kinds, what_never_blocks_is_ready_and_the_loop_does_not_spin) {
    char path[] = "/tmp/weft-readiness-XXXXXX";
    const unique_fd file(::mkstemp(path));
    ::unlink(path);
    const unique_fd folder(::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const unique_fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    start([&, this] {
        for (const int fd : {file.get(), folder.get(), null.get()}) {
            EXPECT_EQ(wait_readable(fd), wait_result::ready);
            EXPECT_EQ(wait_writable(fd), wait_result::ready);
        }
    });
    run();
    EXPECT_LE(wake_ups_until(loop().now() + 10ms), 3);
}

TEST_F(readiness_kinds, events_children_and_epoll_sets_can_be_waited_for) {
    const unique_fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    auto pair = make_pipe();
    const unique_fd set(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event readable{};
    readable.events = EPOLLIN;
    ASSERT_EQ(::epoll_ctl(set.get(), EPOLL_CTL_ADD, pair.near.get(), &readable), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    start([&, this] {
        EXPECT_EQ(wait_readable(event.get()), wait_result::ready);
        note("event");
    });
    start([&, this] {
        EXPECT_EQ(wait_readable(set.get()), wait_result::ready);
        note("set");
    });
    start([&, this] {
        EXPECT_EQ(wait_readable(process.get()), wait_result::ready);
        note("child");
    });
    start([&, this] {
        let_loop_look();
        EXPECT_EQ(::eventfd_write(event.get(), 1), 0);
        let_loop_look();
        put_byte(pair.far.get());
        let_loop_look();
        ::kill(child, SIGKILL);
    });
    run();
    EXPECT_EQ(log(), (log_lines{"event", "set", "child"}));
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

std::vector<int> epoll_sets_of_this_process() {
    std::vector<int> sets;
    for (int fd = 0; fd < 256; ++fd) {
        char target[64] = {};
        const std::string path = "/proc/self/fd/" + std::to_string(fd);
        if (::readlink(path.c_str(), target, sizeof(target) - 1) > 0 &&
            std::string(target) == "anon_inode:[eventpoll]") {
            sets.push_back(fd);
        }
    }
    return sets;
}

TEST_F(readiness_kinds, the_loops_own_epoll_set_is_unwatchable) {
    const auto own = epoll_sets_of_this_process();
    ASSERT_FALSE(own.empty());
    start([&, this] {
        for (const int fd : own) {
            EXPECT_EQ(wait_readable(fd), wait_result::unwatchable);
        }
    });
    run();
}

TEST_F(readiness_kinds, an_epoll_set_that_contains_the_loops_own_is_unwatchable) {
    const auto own = epoll_sets_of_this_process();
    const unique_fd inner(::epoll_create1(EPOLL_CLOEXEC));
    const unique_fd outer(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event readable{};
    readable.events = EPOLLIN;
    for (const int fd : own) {
        ::epoll_ctl(inner.get(), EPOLL_CTL_ADD, fd, &readable);
    }
    ASSERT_EQ(::epoll_ctl(outer.get(), EPOLL_CTL_ADD, inner.get(), &readable), 0);
    start([&, this] {
        EXPECT_EQ(wait_readable(inner.get()), wait_result::unwatchable);
        EXPECT_EQ(wait_readable(outer.get()), wait_result::unwatchable);
    });
    run();
}

TEST_F(readiness_kinds, what_the_kernel_refuses_is_unwatchable_at_once) {
    auto pair = make_socket_pair();
    const auto begin = loop().now();
    start([&, this] {
        {
            const test::refuse_to_watch shortage(pair.near.get(), ENOSPC);
            EXPECT_EQ(wait_readable(pair.near.get()), wait_result::unwatchable);
            EXPECT_EQ(wait_writable(pair.near.get()), wait_result::unwatchable);
        }
        put_byte(pair.far.get());
        EXPECT_EQ(wait_readable(pair.near.get()), wait_result::ready) << "there is room again";
    });
    run();
    EXPECT_LT(loop().now() - begin, 5s); // libev alone would sleep for a minute before it tells
}

TEST_F(readiness_kinds, both_directions_learn_of_a_refusal) {
    auto pair = make_socket_pair();
    const test::refuse_to_watch shortage(pair.near.get(), ENOMEM);
    start([&, this] { EXPECT_EQ(wait_readable(pair.near.get()), wait_result::unwatchable); });
    start([&, this] { EXPECT_EQ(wait_writable(pair.near.get()), wait_result::unwatchable); });
    run();
}

TEST_F(readiness_kinds, a_refused_trial_is_unwatchable) {
    const unique_fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    const test::refuse_to_watch shortage(event.get(), ENOMEM);
    start([&, this] { EXPECT_EQ(wait_readable(event.get()), wait_result::unwatchable); });
    run();
}

} // namespace
} // namespace weft::reactor
