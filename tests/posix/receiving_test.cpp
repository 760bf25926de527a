// SPDX-License-Identifier: BSL-1.0
//
// What receives do at the edges: of nothing, and of an error that stands behind some bytes.
#include "tests/support/posix_sides.hpp"

#include <array>
#include <string>

namespace {

using namespace weft::test;

template <class Side>
class posix_receiving : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_receiving, both_sides, side_names);

struct tcp_ends : two_ends {
    tcp_ends() {
        const tcp_listener listener;
        near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(near, listener.generic(), sizeof(listener.address)), 0);
        far = ::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
    }
};

void wait_for_reset(int fd) {
    pollfd one = {fd, 0, 0}; // POLLERR and POLLHUP come unasked
    EXPECT_EQ(::poll(&one, 1, 10'000), 1);
}

TYPED_TEST(posix_receiving, of_nothing_waits_with_and_without_a_wish_for_all) {
    for (const int flags : std::array<int, 3>{0, MSG_WAITALL, MSG_PEEK}) {
        TypeParam::run([flags] {
            socket_ends s(SOCK_DGRAM);
            char in = 0;
            TypeParam::together({[&] { EXPECT_EQ(TypeParam::recv(s.near, &in, 0, flags), 0); },
                                 [&] { EXPECT_EQ(TypeParam::write(s.far, "word", 4), 4); }});
        });
    }
}

TYPED_TEST(posix_receiving, leaves_an_error_behind_the_bytes_to_the_next_call) {
    TypeParam::run([] {
        tcp_ends s;
        char in[100];
        EXPECT_EQ(TypeParam::write(s.near, "unread", 6), 6); // so that the close is a reset
        EXPECT_EQ(TypeParam::write(s.far, "last words", 10), 10);
        pollfd one = {s.far, POLLIN, 0};
        EXPECT_EQ(::poll(&one, 1, 10'000), 1);
        s.close_far();
        wait_for_reset(s.near);
        EXPECT_EQ(TypeParam::recv(s.near, in, sizeof(in), MSG_WAITALL), 10);
        EXPECT_EQ(told(TypeParam::recv(s.near, in, sizeof(in), MSG_WAITALL)), failed(ECONNRESET));
        EXPECT_EQ(TypeParam::recv(s.near, in, sizeof(in), MSG_WAITALL), 0);
    });
}

TYPED_TEST(posix_receiving, leaves_an_error_that_comes_while_it_waits_to_the_next_call) {
    TypeParam::run([] {
        tcp_ends s;
        char in[100];
        EXPECT_EQ(TypeParam::write(s.near, "unread", 6), 6);
        EXPECT_EQ(TypeParam::write(s.far, "last words", 10), 10);
        pollfd one = {s.far, POLLIN, 0};
        EXPECT_EQ(::poll(&one, 1, 10'000), 1);
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::recv(s.near, in, sizeof(in), MSG_WAITALL), 10); },
             [&] { s.close_far(); }});
        EXPECT_EQ(told(TypeParam::recv(s.near, in, sizeof(in), 0)), failed(ECONNRESET));
    });
}

} // namespace
