// SPDX-License-Identifier: BSL-1.0
//
// What a task has asked of a stream holds only until somebody changes it, through whatever name and
// whatever duplicate, and for that stream alone.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace weft::test {
namespace {

// A stream that a task has read from and waited for, more than once, so that it need not ask again.
class known_stream {
  public:
    known_stream() {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0);
        for (int i = 0; i < 3; ++i) {
            auto reader = spawn([this] { EXPECT_EQ(read(), 1); });
            settle();
            EXPECT_FALSE(reader.done());
            write();
            reader.get();
        }
    }
    ~known_stream() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    known_stream(const known_stream&) = delete;
    known_stream& operator=(const known_stream&) = delete;

    int near() const noexcept { return ends_[0]; }
    int far() const noexcept { return ends_[1]; }
    // With room for more than comes.
    ssize_t read() const {
        std::array<char, 16> to{};
        return ::recv(near(), to.data(), to.size(), 0);
    }
    void write() const { EXPECT_EQ(::send(far(), "x", 1, 0), 1); }

  private:
    std::array<int, 2> ends_{-1, -1};
};

using settings = ordered_api_test;

void expect_nothing_there(const known_stream& s) {
    EXPECT_EQ(s.read(), -1);
    EXPECT_EQ(errno, EAGAIN);
}

TEST_F(settings, that_a_stream_does_not_block_any_more) {
    run([] {
        const known_stream s;
        ::fcntl(s.near(), F_SETFL, ::fcntl(s.near(), F_GETFL) | O_NONBLOCK);
        expect_nothing_there(s);
        s.write();
        EXPECT_EQ(s.read(), 1);
        expect_nothing_there(s);
    });
}

TEST_F(settings, changed_by_a_duplicate) {
    run([] {
        const known_stream s;
        const int other = ::dup(s.near());
        int on = 1;
        ::ioctl(other, FIONBIO, &on);
        ::close(other);
        expect_nothing_there(s);
    });
}

TEST_F(settings, changed_by_a_thread) {
    run([] {
        const known_stream s;
        std::thread([&] { ::fcntl(s.near(), F_SETFL, O_RDWR | O_NONBLOCK); }).join();
        expect_nothing_there(s);
    });
}

TEST_F(settings, a_time_limit) {
    run([] {
        const known_stream s;
        const timeval limit{.tv_sec = 0, .tv_usec = 1000};
        ::setsockopt(s.near(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        expect_nothing_there(s);
        const timeval none{};
        ::setsockopt(s.near(), SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
        auto reader = spawn([&] { EXPECT_EQ(s.read(), 1); });
        settle();
        EXPECT_FALSE(reader.done());
        s.write();
        reader.get();
    });
}

// Asked of the one direction, it says nothing of the other.
TEST_F(settings, a_time_limit_for_sending_that_was_there_before) {
    run([] {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        const timeval limit{.tv_sec = 0, .tv_usec = 1000};
        ::setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        for (int i = 0; i < 3; ++i) {
            auto reader = spawn([&] {
                std::array<char, 16> to{};
                EXPECT_EQ(::recv(ends[0], to.data(), to.size(), 0), 1);
            });
            settle();
            EXPECT_EQ(::send(ends[1], "x", 1, 0), 1);
            reader.get();
        }
        const std::string much(64 * 1024, 'x');
        ssize_t n = 0;
        while (n >= 0) {
            n = ::send(ends[0], much.data(), much.size(), 0);
        }
        EXPECT_EQ(errno, EAGAIN);
        ::close(ends[0]);
        ::close(ends[1]);
    });
}

// The number stands for a new stream, whose events are not the old one's.
void expect_new_stream_to_work(int number) {
    std::array<int, 2> fresh{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fresh.data()), 0);
    if (fresh[0] != number) { // it was free
        ASSERT_GE(::dup2(fresh[0], number), 0);
        ::close(fresh[0]);
    }
    auto reader = spawn([&] {
        std::array<char, 16> to{};
        EXPECT_EQ(::recv(number, to.data(), to.size(), 0), 1);
    });
    settle();
    EXPECT_FALSE(reader.done());
    EXPECT_EQ(::send(fresh[1], "x", 1, 0), 1);
    reader.get();
    ::close(fresh[1]);
}

TEST_F(settings, of_a_number_that_stands_for_another_stream) {
    run([] {
        const known_stream s;
        expect_new_stream_to_work(s.near());
        expect_new_stream_to_work(s.near());
    });
}

TEST_F(settings, of_a_number_that_a_thread_has_closed) {
    run([] {
        const known_stream s;
        std::thread([&] { ::close(s.near()); }).join();
        EXPECT_EQ(s.read(), -1);
        EXPECT_EQ(errno, EBADF);
        expect_new_stream_to_work(s.near());
    });
}

TEST_F(settings, of_a_number_that_two_loops_have_used) {
    run([] {
        const known_stream s;
        std::thread([&] {
            run([&] {
                for (int i = 0; i < 3; ++i) {
                    auto reader = spawn([&] { EXPECT_EQ(s.read(), 1); });
                    settle();
                    s.write();
                    reader.get();
                }
            });
        }).join();
        std::thread([&] { run([&] { expect_new_stream_to_work(s.near()); }); }).join();
        expect_new_stream_to_work(s.near());
    });
}

TEST_F(settings, a_peek_leaves_what_it_saw) {
    run([] {
        const known_stream s;
        s.write();
        std::array<char, 16> to{};
        EXPECT_EQ(::recv(s.near(), to.data(), to.size(), MSG_PEEK), 1);
        EXPECT_EQ(s.read(), 1);
    });
}

TEST_F(settings, a_stream_that_was_drained_tells_its_end) {
    run([] {
        const known_stream s;
        s.write();
        EXPECT_EQ(s.read(), 1); // all there was
        ::shutdown(s.far(), SHUT_WR);
        EXPECT_EQ(s.read(), 0);
        EXPECT_EQ(s.read(), 0);
    });
}

} // namespace
} // namespace weft::test
