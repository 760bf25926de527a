// SPDX-License-Identifier: BSL-1.0
#include "tests/support/posix_sides.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace weft::test;

template <class Side>
class posix_sockets : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_sockets, both_sides, side_names);

int new_socket(int family = AF_INET, int type = SOCK_STREAM) {
    return ::socket(family, type | SOCK_CLOEXEC, 0);
}

// An address of the loopback interface where nobody listens.
sockaddr_in refusing_address() {
    const tcp_listener gone;
    return gone.address;
}

const sockaddr* generic(const sockaddr_in& a) {
    return reinterpret_cast<const sockaddr*>(&a);
}

TYPED_TEST(posix_sockets, connects_and_accepts) {
    TypeParam::run([] {
        tcp_listener listener;
        two_ends s;
        sockaddr_in from{};
        socklen_t size = sizeof(from);
        TypeParam::together(
            {[&] {
                 s.near = TypeParam::accept4(listener.fd, reinterpret_cast<sockaddr*>(&from), &size,
                                             SOCK_CLOEXEC);
                 EXPECT_GE(s.near, 0);
             },
             [&] {
                 s.far = new_socket();
                 EXPECT_EQ(TypeParam::connect(s.far, listener.generic(), sizeof(listener.address)),
                           0);
             }});
        EXPECT_EQ(from.sin_family, AF_INET);
        EXPECT_EQ(TypeParam::fcntl(s.near, F_GETFL) & O_NONBLOCK, 0);
        EXPECT_EQ(TypeParam::fcntl(s.far, F_GETFL) & O_NONBLOCK, 0);
        EXPECT_EQ(TypeParam::fcntl(listener.fd, F_GETFL) & O_NONBLOCK, 0);
        EXPECT_NE(TypeParam::fcntl(s.near, F_GETFD) & FD_CLOEXEC, 0);
        EXPECT_EQ(told(TypeParam::connect(s.far, listener.generic(), sizeof(listener.address))),
                  failed(EISCONN));
        char c = 0;
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::read(s.near, &c, 1), 1); },
                             [&] { EXPECT_EQ(TypeParam::write(s.far, "x", 1), 1); }});
    });
}

TYPED_TEST(posix_sockets, makes_connections_that_do_not_block_where_that_is_asked_for) {
    TypeParam::run([] {
        tcp_listener listener;
        two_ends s;
        s.far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const int r = TypeParam::connect(s.far, listener.generic(), sizeof(listener.address));
        EXPECT_TRUE(r == 0 || errno == EINPROGRESS);
        s.near = TypeParam::accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        EXPECT_NE(TypeParam::fcntl(s.near, F_GETFL) & O_NONBLOCK, 0);
        EXPECT_EQ(TypeParam::fcntl(listener.fd, F_SETFL, O_NONBLOCK), 0);
        EXPECT_EQ(told(TypeParam::accept(listener.fd, nullptr, nullptr)), failed(EAGAIN));
    });
}

TYPED_TEST(posix_sockets, accepts_no_longer_than_the_listeners_time_limit) {
    TypeParam::run([] {
        tcp_listener listener;
        set_limit(listener.fd, SO_RCVTIMEO, 2'000);
        EXPECT_EQ(told(TypeParam::accept(listener.fd, nullptr, nullptr)), failed(EAGAIN));
    });
}

TYPED_TEST(posix_sockets, says_what_cannot_accept) {
    TypeParam::run([] {
        two_ends s;
        socket_ends connected;
        pipe_ends p;
        s.near = new_socket();
        EXPECT_EQ(told(TypeParam::accept(s.near, nullptr, nullptr)), failed(EINVAL));
        EXPECT_EQ(told(TypeParam::accept(connected.near, nullptr, nullptr)), failed(EINVAL));
        EXPECT_EQ(told(TypeParam::accept(p.near, nullptr, nullptr)), failed(ENOTSOCK));
        EXPECT_EQ(told(TypeParam::accept(-1, nullptr, nullptr)), failed(EBADF));
        tcp_listener listener;
        EXPECT_EQ(told(TypeParam::accept4(listener.fd, nullptr, nullptr, 1)), failed(EINVAL));
    });
}

TYPED_TEST(posix_sockets, tells_a_refusal_and_can_be_used_again_after_it) {
    TypeParam::run([] {
        const sockaddr_in nobody = refusing_address();
        tcp_listener listener;
        two_ends s;
        s.far = new_socket();
        EXPECT_EQ(told(TypeParam::connect(s.far, generic(nobody), sizeof(nobody))),
                  failed(ECONNREFUSED));
        EXPECT_EQ(told(TypeParam::connect(s.far, generic(nobody), sizeof(nobody))),
                  failed(ECONNREFUSED));
        EXPECT_EQ(told(TypeParam::connect(s.far, listener.generic(), sizeof(listener.address))),
                  "0");
        int error_number = -1;
        socklen_t size = sizeof(error_number);
        EXPECT_EQ(::getsockopt(s.far, SOL_SOCKET, SO_ERROR, &error_number, &size), 0);
        EXPECT_EQ(error_number, 0);
    });
}

TYPED_TEST(posix_sockets, says_what_cannot_connect) {
    TypeParam::run([] {
        const sockaddr_in nobody = refusing_address();
        pipe_ends p;
        two_ends s;
        s.far = new_socket();
        EXPECT_EQ(told(TypeParam::connect(p.near, generic(nobody), sizeof(nobody))),
                  failed(ENOTSOCK));
        EXPECT_EQ(told(TypeParam::connect(-1, generic(nobody), sizeof(nobody))), failed(EBADF));
        EXPECT_EQ(told(TypeParam::connect(s.far, generic(nobody), 1)), failed(EINVAL));
        sockaddr_un path{};
        path.sun_family = AF_UNIX;
        std::snprintf(path.sun_path, sizeof(path.sun_path), "/nonexistent/weft");
        two_ends u;
        u.far = new_socket(AF_UNIX);
        EXPECT_EQ(
            told(TypeParam::connect(u.far, reinterpret_cast<const sockaddr*>(&path), sizeof(path))),
            failed(ENOENT));
    });
}

// A listener that accepts nobody and whose backlog is full keeps a TCP client waiting.
TYPED_TEST(posix_sockets, connects_no_longer_than_the_sockets_time_limit) {
    TypeParam::run([] {
        tcp_listener listener(0);
        std::vector<int> waiting;
        for (int i = 0; i < 4; ++i) {
            waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            ::connect(waiting.back(), listener.generic(), sizeof(listener.address));
        }
        two_ends s;
        s.far = new_socket();
        set_limit(s.far, SO_SNDTIMEO, 3'000);
        EXPECT_EQ(told(TypeParam::connect(s.far, listener.generic(), sizeof(listener.address))),
                  failed(EINPROGRESS));
        for (const int fd : waiting) {
            TypeParam::close(fd);
        }
    });
}

// Nothing tells when a UNIX listener has room again.
TYPED_TEST(posix_sockets, waits_for_room_in_the_backlog_of_a_unix_listener) {
    TypeParam::run([] {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "weft-backlog-%d", ::getpid());
        const auto* const at = reinterpret_cast<const sockaddr*>(&name);
        const int listener = new_socket(AF_UNIX);
        ASSERT_EQ(::bind(listener, at, sizeof(name)), 0);
        ASSERT_EQ(::listen(listener, 0), 0);
        const int first = new_socket(AF_UNIX);
        ASSERT_EQ(::connect(first, at, sizeof(name)), 0);
        const int late = new_socket(AF_UNIX);
        set_limit(late, SO_SNDTIMEO, 2'000);
        EXPECT_EQ(told(TypeParam::connect(late, at, sizeof(name))), failed(EAGAIN));
        set_limit(late, SO_SNDTIMEO, 0);
        int accepted = -1;
        TypeParam::together(
            {[&] { EXPECT_EQ(told(TypeParam::connect(late, at, sizeof(name))), "0"); },
             [&] { accepted = TypeParam::accept(listener, nullptr, nullptr); }});
        for (const int fd : {listener, first, late, accepted}) {
            TypeParam::close(fd);
        }
    });
}

TYPED_TEST(posix_sockets, hears_of_a_shutdown_while_it_waits) {
    TypeParam::run([] {
        socket_ends s;
        char c = 0;
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::read(s.near, &c, 1), 0); },
                             [&] { EXPECT_EQ(::shutdown(s.near, SHUT_RD), 0); }});
        tcp_listener listener;
        TypeParam::together({[&] {
                                 EXPECT_EQ(told(TypeParam::accept(listener.fd, nullptr, nullptr)),
                                           failed(EINVAL));
                             },
                             [&] { EXPECT_EQ(::shutdown(listener.fd, SHUT_RDWR), 0); }});
    });
}

TYPED_TEST(posix_sockets, receives_datagrams_with_their_senders) {
    TypeParam::run([] {
        two_ends s;
        s.near = new_socket(AF_INET, SOCK_DGRAM);
        s.far = new_socket(AF_INET, SOCK_DGRAM);
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::bind(s.near, generic(here), sizeof(here)), 0);
        socklen_t size = sizeof(here);
        ASSERT_EQ(::getsockname(s.near, reinterpret_cast<sockaddr*>(&here), &size), 0);
        char in[8] = {};
        sockaddr_in from{};
        socklen_t from_size = sizeof(from);
        TypeParam::together(
            {[&] {
                 EXPECT_EQ(TypeParam::recvfrom(s.near, in, sizeof(in), 0,
                                               reinterpret_cast<sockaddr*>(&from), &from_size),
                           3);
             },
             [&] {
                 EXPECT_EQ(TypeParam::sendto(s.far, "abc", 3, 0, generic(here), sizeof(here)), 3);
             }});
        EXPECT_EQ(from.sin_family, AF_INET);
        EXPECT_EQ(from_size, sizeof(from));
    });
}

TYPED_TEST(posix_sockets, serves_many_clients_with_a_blocking_server) {
    TypeParam::run([] {
        constexpr int clients = 30;
        tcp_listener listener(clients);
        std::vector<std::function<void()>> actors;
        for (int i = 0; i < clients; ++i) {
            actors.emplace_back([&] {
                const int fd = TypeParam::accept(listener.fd, nullptr, nullptr);
                char in[64];
                for (ssize_t n = 0; (n = TypeParam::read(fd, in, sizeof(in))) > 0;) {
                    EXPECT_EQ(TypeParam::write(fd, in, static_cast<std::size_t>(n)), n);
                }
                TypeParam::close(fd);
            });
            actors.emplace_back([&] {
                const int fd = new_socket();
                EXPECT_EQ(TypeParam::connect(fd, listener.generic(), sizeof(listener.address)), 0);
                char in[16];
                for (int round = 0; round < 5; ++round) {
                    EXPECT_EQ(TypeParam::send(fd, "0123456789", 10, 0), 10);
                    EXPECT_EQ(TypeParam::recv(fd, in, 10, MSG_WAITALL), 10);
                }
                TypeParam::close(fd);
            });
        }
        TypeParam::together(std::move(actors));
    });
}

} // namespace
