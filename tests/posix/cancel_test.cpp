// SPDX-License-Identifier: BSL-1.0
//
// C code cannot be unwound: a cancel is ECANCELED at every wait, and thrown by weft's own.
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <array>
#include <string>

namespace {

using namespace weft::test;
namespace posix = weft::posix;

class posix_cancel : public api_test {};

// Cancels a task in which `call` waits, and expects that to fail, again and again, and nothing to
// be lost: `call` succeeds once the cancel has been thrown.
template <class Call>
void expect_cancellable(Call call) {
    in_virtual_time([&] {
        bool thrown = false;
        auto waiter = weft::spawn([&] {
            EXPECT_EQ(told(call()), failed(ECANCELED));
            EXPECT_EQ(told(call()), failed(ECANCELED));
            try {
                weft::yield();
            } catch (const weft::cancelled&) {
                thrown = true;
            }
        });
        settle();
        waiter.cancel();
        waiter.get();
        EXPECT_TRUE(thrown);
    });
}

TEST_F(posix_cancel, ends_reading) {
    socket_ends s;
    pipe_ends p;
    char c = 0;
    const iovec piece{&c, 1};
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(&piece);
    message.msg_iovlen = 1;
    expect_cancellable([&] { return posix::read(s.near, &c, 1); });
    expect_cancellable([&] { return posix::read(p.near, &c, 1); });
    expect_cancellable([&] { return posix::readv(s.near, &piece, 1); });
    expect_cancellable([&] { return posix::recv(s.near, &c, 1, 0); });
    expect_cancellable([&] { return posix::recv(s.near, &c, 1, MSG_WAITALL); });
    expect_cancellable([&] { return posix::recvmsg(s.near, &message, 0); });
}

TEST_F(posix_cancel, ends_writing) {
    socket_ends s;
    pipe_ends p;
    fill_up(s.far);
    fill_up(p.far);
    expect_cancellable([&] { return posix::write(s.far, "x", 1); });
    expect_cancellable([&] { return posix::write(p.far, "x", 1); });
    expect_cancellable([&] { return posix::send(s.far, "x", 1, 0); });
}

TEST_F(posix_cancel, ends_accepting_and_connecting) {
    tcp_listener listener(0);
    expect_cancellable([&] { return posix::accept(listener.fd, nullptr, nullptr); });
    std::array<int, 4> waiting{};
    for (int& fd : waiting) {
        fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ::connect(fd, listener.generic(), sizeof(listener.address));
    }
    const int late = posix::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); // nobody else has it
    expect_cancellable(
        [&] { return posix::connect(late, listener.generic(), sizeof(listener.address)); });
    for (const int fd : waiting) {
        ::close(fd);
    }
    ::close(late);
}

TEST_F(posix_cancel, ends_waiting_for_several) {
    socket_ends s;
    expect_cancellable([&] {
        pollfd fd{s.near, POLLIN, 0};
        return posix::poll(&fd, 1, -1);
    });
    expect_cancellable([&] {
        pollfd fd{s.near, POLLPRI, 0};
        return posix::poll(&fd, 1, -1);
    });
    expect_cancellable([&] {
        fd_set to_read;
        FD_ZERO(&to_read);
        FD_SET(s.near, &to_read);
        return posix::select(s.near + 1, &to_read, nullptr, nullptr, nullptr);
    });
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    expect_cancellable([&] {
        epoll_event event{};
        return posix::epoll_wait(set, &event, 1, -1);
    });
    ::close(set);
}

TEST_F(posix_cancel, ends_sleeping_with_what_was_left) {
    const timespec hour{3'600, 0};
    timespec left{};
    expect_cancellable([&] { return posix::nanosleep(&hour, &left); });
    EXPECT_GE(left.tv_sec, 3'599);
    expect_cancellable([&] { return posix::usleep(3'600'000); });
    in_virtual_time([&] {
        auto sleeper = weft::spawn([&] {
            EXPECT_EQ(posix::clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, &left), ECANCELED);
            EXPECT_EQ(posix::sleep(100), 100U);
            EXPECT_EQ(errno, ECANCELED);
        });
        settle();
        sleeper.cancel();
        EXPECT_THROW(sleeper.get(), weft::cancelled); // which no wait point was left to throw
    });
}

TEST_F(posix_cancel, lets_what_needs_no_waiting_succeed) {
    in_virtual_time([] {
        socket_ends s;
        auto t = weft::spawn([&] {
            char c = 0;
            EXPECT_EQ(told(posix::read(s.near, &c, 1)), failed(ECANCELED));
            EXPECT_EQ(posix::write(s.near, "x", 1), 1);
            EXPECT_EQ(posix::read(s.far, &c, 1), 1);
            pollfd fd{s.near, POLLIN, 0};
            EXPECT_EQ(posix::poll(&fd, 1, 0), 0);
            EXPECT_EQ(told(posix::poll(&fd, 1, 1)), failed(ECANCELED));
            EXPECT_THROW(weft::yield(), weft::cancelled);
            EXPECT_EQ(posix::poll(&fd, 1, 1), 0);
        });
        settle();
        t.cancel();
        t.get();
    });
}

TEST_F(posix_cancel, says_how_much_went_before_it) {
    in_virtual_time([] {
        socket_ends s;
        const std::string much(1 << 20, 'x');
        auto writer = weft::spawn([&] { return posix::write(s.far, much.data(), much.size()); });
        auto reader = weft::spawn([&] {
            char in[8];
            return posix::recv(s.far, in, 8, MSG_WAITALL);
        });
        EXPECT_EQ(::send(s.near, "abc", 3, 0), 3);
        settle();
        std::string all(2 << 20, ' ');
        const ssize_t came = ::recv(s.near, all.data(), 1000, MSG_DONTWAIT);
        EXPECT_EQ(came, 1000);
        settle();
        writer.cancel();
        reader.cancel();
        auto ended = [](auto& t) {
            while (!t.done()) {
                weft::yield();
            }
        };
        ended(writer);
        ended(reader);
        // Both returned what they had, and ended without another wait point.
        EXPECT_TRUE(writer.cancelled());
        EXPECT_TRUE(reader.cancelled());
    });
}

TEST_F(posix_cancel, in_the_same_turn_as_the_data_leaves_the_data_where_it_is) {
    for (const bool data_first : {false, true}) {
        weft::run([&] {
            socket_ends s;
            auto reader = weft::spawn([&] {
                char c = 0;
                EXPECT_EQ(told(posix::read(s.near, &c, 1)), failed(ECANCELED));
                EXPECT_THROW(weft::yield(), weft::cancelled);
                EXPECT_EQ(posix::read(s.near, &c, 1), 1);
            });
            weft::sleep_for(std::chrono::microseconds(100));
            if (data_first) {
                EXPECT_EQ(::write(s.far, "x", 1), 1);
            }
            reader.cancel();
            if (!data_first) {
                EXPECT_EQ(::write(s.far, "x", 1), 1);
            }
            reader.get();
        });
    }
}

TEST_F(posix_cancel, waits_for_the_end_of_a_cancel_blocker) {
    in_virtual_time([] {
        socket_ends s;
        auto reader = weft::spawn([&] {
            char c = 0;
            {
                const weft::cancel_blocker kept;
                EXPECT_EQ(posix::read(s.near, &c, 1), 1);
            }
            EXPECT_EQ(told(posix::read(s.near, &c, 1)), failed(ECANCELED));
            EXPECT_THROW(weft::yield(), weft::cancelled);
        });
        settle();
        reader.cancel();
        settle();
        EXPECT_EQ(::write(s.far, "x", 1), 1);
        reader.get();
    });
}

TEST_F(posix_cancel, a_time_limit_around_it_is_thrown_afterwards) {
    in_virtual_time([] {
        socket_ends s;
        char c = 0;
        std::string got;
        EXPECT_THROW(weft::with_timeout(std::chrono::seconds(1),
                                        [&] {
                                            got = told(posix::read(s.near, &c, 1));
                                            weft::yield();
                                        }),
                     weft::timeout_error);
        EXPECT_EQ(got, failed(ECANCELED));
    });
}

TEST_F(posix_cancel, ends_names_and_locks) {
    weft::run([] {
        auto t = weft::spawn([] {
            addrinfo* list = nullptr;
            EXPECT_EQ(posix::getaddrinfo("localhost", nullptr, nullptr, &list), EAI_SYSTEM);
            EXPECT_EQ(errno, ECANCELED);
            EXPECT_EQ(posix::getpwuid(0), nullptr);
            EXPECT_EQ(errno, ECANCELED);
            passwd record{};
            passwd* found = nullptr;
            char room[512];
            EXPECT_EQ(posix::getpwuid_r(0, &record, room, sizeof(room), &found), ECANCELED);
            EXPECT_EQ(posix::gethostbyname("localhost"), nullptr);
        });
        // Its first step waits for the resolver: cancelled there, or before.
        weft::yield();
        t.cancel();
        while (!t.done()) {
            weft::yield();
        }
        EXPECT_TRUE(t.cancelled());
    });
}

} // namespace
