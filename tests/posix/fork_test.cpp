// SPDX-License-Identifier: BSL-1.0
//
// The child of a fork() is a plain process: its calls are libc's, and its loop is its parent's.
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <sys/syscall.h>

namespace {

using namespace weft::test;
namespace posix = weft::posix;

class posix_fork : public api_test {};

// Waits for the child in this task and returns its status.
int status_of(pid_t child) {
    int status = -1;
    EXPECT_EQ(posix::waitpid(child, &status, 0), child);
    return status;
}

TEST_F(posix_fork, the_child_of_a_task_blocks_like_any_process) {
    weft::run([] {
        socket_ends s;
        pipe_ends p;
        const pid_t child = ::fork();
        if (child == 0) {
            char c = 0;
            const bool right = !weft::detail::may_suspend() && posix::read(s.near, &c, 1) == 1 &&
                               posix::usleep(1) == 0 && posix::write(p.far, &c, 1) == 1;
            ::_exit(right ? 7 : 8);
        }
        ASSERT_GT(child, 0);
        EXPECT_EQ(posix::write(s.far, "x", 1), 1);
        char c = 0;
        EXPECT_EQ(posix::read(p.near, &c, 1), 1); // the parent's loop works on
        const int status = status_of(child);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 7);
        EXPECT_TRUE(weft::detail::may_suspend());
    });
}

TEST_F(posix_fork, weft_itself_says_that_there_is_no_loop_in_the_child) {
    weft::run([] {
        const pid_t child = ::fork();
        if (child == 0) {
            try {
                weft::sleep_for(std::chrono::seconds(1));
            } catch (const weft::no_running_loop&) {
                ::_exit(5);
            }
            ::_exit(6);
        }
        EXPECT_EQ(WEXITSTATUS(status_of(child)), 5);
    });
}

TEST_F(posix_fork, the_child_ends_when_its_task_returns) {
    weft::run([] {
        pid_t child = -1;
        auto forking = weft::spawn([&] { child = ::fork(); });
        forking.get(); // the child never comes here
        ASSERT_GT(child, 0);
        const int status = status_of(child);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 0);
    });
}

TEST_F(posix_fork, the_child_of_a_callback_ends_when_that_returns) {
    weft::run([] {
        pid_t child = -1;
        weft::event forked;
        weft::running_loop().call_soon([&] {
            child = ::fork();
            if (child != 0) {
                forked.set();
            }
        });
        forked.wait();
        ASSERT_GT(child, 0);
        EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
    });
}

// The child closes and replaces what its parent waits for.
TEST_F(posix_fork, what_the_child_closes_stays_open_and_watched_in_its_parent) {
    weft::run([] {
        socket_ends s;
        char c = 0;
        auto reader = weft::spawn([&] { return posix::read(s.near, &c, 1); });
        weft::sleep_for(std::chrono::microseconds(100));
        const pid_t child = ::fork();
        if (child == 0) {
            posix::close(s.near);
            posix::dup2(0, s.near);
            posix::close_range(3, ~0U, 0);
            ::_exit(0);
        }
        EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
        EXPECT_FALSE(reader.done());
        EXPECT_EQ(posix::write(s.far, "x", 1), 1);
        EXPECT_EQ(reader.get(), 1);
    });
}

// A child of vfork() runs in its parent's memory: what it closes there is its own alone.
TEST_F(posix_fork, a_child_in_the_same_memory_wakes_nobody) {
    weft::run([] {
        socket_ends s;
        char c = 0;
        auto reader = weft::spawn([&] { return posix::read(s.near, &c, 1); });
        weft::sleep_for(std::chrono::microseconds(100));
        const pid_t child = ::vfork();
        if (child == 0) {
            weft::detail::forget_descriptor(s.near);
            ::syscall(SYS_close, s.near);
            ::_exit(0);
        }
        EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
        weft::sleep_for(std::chrono::microseconds(100));
        EXPECT_FALSE(reader.done());
        EXPECT_EQ(posix::write(s.far, "x", 1), 1);
        EXPECT_EQ(reader.get(), 1);
    });
}

TEST_F(posix_fork, neither_side_finds_a_flag_that_nobody_set) {
    weft::run([] {
        tcp_listener listener;
        const int fd = posix::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const bool blocking = (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
            ::_exit(blocking ? 0 : 1);
        }
        // Shared now: a thread waits for it, and its flags are left alone.
        EXPECT_EQ(posix::connect(fd, listener.generic(), sizeof(listener.address)), 0);
        EXPECT_EQ(WEXITSTATUS(status_of(child)), 0);
        posix::close(fd);
    });
}

} // namespace
