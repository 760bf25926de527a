// SPDX-License-Identifier: BSL-1.0
//
// The kernel's fixture on a real libev loop, for tests of the reactor: nothing but descriptors can
// be left behind here, and the fixture checks for them. A test that hangs is ended by SIGALRM.
#pragma once

#include "reactor/loop.hpp"
#include "reactor/unique_fd.hpp"
#include "tests/support/kernel_fixture.hpp"

#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weft::test {

// Two ends of a connection, or the reading and the writing end of a pipe. Non-blocking.
struct fd_pair {
    reactor::unique_fd near;
    reactor::unique_fd far;
};

inline fd_pair make_socket_pair() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    return {reactor::unique_fd(fds[0]), reactor::unique_fd(fds[1])};
}

inline fd_pair make_pipe() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    return {reactor::unique_fd(fds[0]), reactor::unique_fd(fds[1])};
}

inline void put_byte(int fd) {
    EXPECT_EQ(::write(fd, "x", 1), 1);
}

// False when there is none.
inline bool take_byte(int fd) {
    char c = 0;
    return ::read(fd, &c, 1) == 1;
}

// Writes until the kernel takes no more.
inline void fill_up(int fd) {
    static const char much[4096] = {};
    while (::write(fd, much, sizeof(much)) > 0) {
    }
}

inline void empty_out(int fd) {
    char much[4096];
    while (::read(fd, much, sizeof(much)) > 0) {
    }
}

class reactor_fixture : public kernel_fixture {
  protected:
    using direction = reactor::direction;
    using wait_result = reactor::wait_result;
    static constexpr unsigned seconds_allowed = 120;

    void SetUp() override {
        ::alarm(seconds_allowed);
        loop_.emplace();
        auto options = default_options();
        options.real_time = true;
        rebuild(options, *loop_);
        loop_->attach(kernel());
    }

    void TearDown() override {
        EXPECT_EQ(loop_->descriptors().waiting(), 0U);
        rebuild(default_options()); // a scheduler that does not need the loop any more
        loop_.reset();
        kernel_fixture::TearDown();
        ::alarm(0);
    }

    reactor::loop& loop() noexcept { return *loop_; }
    reactor::readiness& descriptors() noexcept { return loop_->descriptors(); }

    // For fiber bodies.
    wait_result wait(int fd, direction d, fibers::time_point deadline = fibers::never) {
        fibers::wait_site site{"test"};
        return descriptors().wait(fd, d, site, deadline);
    }
    wait_result wait_readable(int fd, fibers::time_point deadline = fibers::never) {
        return wait(fd, direction::read, deadline);
    }
    wait_result wait_writable(int fd, fibers::time_point deadline = fibers::never) {
        return wait(fd, direction::write, deadline);
    }

    // Lets the loop look at its descriptors until it has nothing more to tell.
    void let_loop_look() {
        for (int i = 0; i < 3; ++i) {
            sleep_for(std::chrono::microseconds(50));
        }
    }

    // How often the loop wakes up until the deadline; at least once, for that.
    int wake_ups_until(fibers::time_point deadline) {
        int count = 0;
        while (loop().now() < deadline) {
            loop().wait(deadline);
            ++count;
        }
        return count;
    }

    // Holds the thread, as a long computation would.
    static void compute_until(fibers::time_point when) {
        while (fibers::clock::now() < when) {
        }
    }

  private:
    std::optional<reactor::loop> loop_;
};

} // namespace weft::test
