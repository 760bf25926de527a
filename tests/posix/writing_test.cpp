// SPDX-License-Identifier: BSL-1.0
#include "tests/support/posix_sides.hpp"

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace weft::test;

constexpr std::size_t large = std::size_t{1} << 20;

template <class Side>
class posix_writing : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_writing, both_sides, side_names);

// Reads until the end, or until so much has come.
template <class Side>
std::string read_all(int fd, std::size_t most = static_cast<std::size_t>(-1)) {
    std::string all;
    std::vector<char> piece(10'000);
    while (all.size() < most) {
        const ssize_t n = Side::read(fd, piece.data(), piece.size());
        if (n <= 0) {
            break;
        }
        all.append(piece.data(), static_cast<std::size_t>(n));
    }
    return all;
}

std::string pattern(std::size_t size) {
    std::string s(size, ' ');
    for (std::size_t i = 0; i < size; ++i) {
        s[i] = static_cast<char>('a' + i % 23);
    }
    return s;
}

TYPED_TEST(posix_writing, writes_all_of_it_to_a_slow_reader) {
    const std::string data = pattern(large);
    TypeParam::run([&] {
        for (const bool socket : {false, true}) {
            socket_ends s;
            pipe_ends p;
            const int to = socket ? s.far : p.far;
            std::string got;
            TypeParam::together({[&] {
                                     EXPECT_EQ(TypeParam::write(to, data.data(), data.size()),
                                               ssize_t{large});
                                     socket ? s.close_far() : p.close_far();
                                 },
                                 [&] { got = read_all<TypeParam>(socket ? s.near : p.near); }});
            EXPECT_TRUE(got == data);
        }
    });
}

TYPED_TEST(posix_writing, writes_all_pieces_to_a_slow_reader) {
    const std::string data = pattern(large);
    TypeParam::run([&] {
        // Forty pieces of different sizes, some of nothing.
        std::vector<iovec> pieces;
        std::size_t at = 0;
        for (std::size_t i = 0; i < 40; ++i) {
            const std::size_t size = i % 7 == 3 ? 0 : i == 39 ? data.size() - at : 1000 * i;
            pieces.push_back({const_cast<char*>(data.data()) + at, size});
            at += size;
        }
        for (const int way : {0, 1, 2}) {
            socket_ends s;
            pipe_ends p;
            std::string got;
            TypeParam::together({[&] {
                                     msghdr message{};
                                     message.msg_iov = pieces.data();
                                     message.msg_iovlen = pieces.size();
                                     const ssize_t n =
                                         way == 0   ? TypeParam::writev(p.far, pieces.data(), 40)
                                         : way == 1 ? TypeParam::writev(s.far, pieces.data(), 40)
                                                    : TypeParam::sendmsg(s.far, &message, 0);
                                     EXPECT_EQ(n, ssize_t{large});
                                     way == 0 ? p.close_far() : s.close_far();
                                 },
                                 [&] { got = read_all<TypeParam>(way == 0 ? p.near : s.near); }});
            EXPECT_TRUE(got == data) << way;
        }
    });
}

TYPED_TEST(posix_writing, says_how_much_went_when_the_time_is_up) {
    const std::string data = pattern(large);
    TypeParam::run([&] {
        socket_ends s;
        set_limit(s.far, SO_SNDTIMEO, 3'000);
        const ssize_t n = TypeParam::send(s.far, data.data(), data.size(), 0);
        EXPECT_GT(n, 0);
        EXPECT_LT(n, ssize_t{large});
        EXPECT_EQ(told(TypeParam::write(s.far, data.data(), data.size())), failed(EAGAIN));
        s.close_far();
        EXPECT_EQ(read_all<TypeParam>(s.near).size(), static_cast<std::size_t>(n));
    });
}

TYPED_TEST(posix_writing, writes_what_fits_where_it_must_not_block) {
    const std::string data = pattern(large);
    TypeParam::run([&] {
        for (const bool socket : {false, true}) {
            socket_ends s;
            pipe_ends p;
            const int to = socket ? s.far : p.far;
            EXPECT_EQ(TypeParam::fcntl(to, F_SETFL, O_NONBLOCK), 0);
            const ssize_t n = TypeParam::write(to, data.data(), data.size());
            EXPECT_GT(n, 0);
            EXPECT_LT(n, ssize_t{large});
            EXPECT_EQ(told(TypeParam::write(to, data.data(), data.size())), failed(EAGAIN));
        }
        socket_ends s;
        EXPECT_GT(TypeParam::send(s.far, data.data(), data.size(), MSG_DONTWAIT), 0);
        EXPECT_EQ(told(TypeParam::send(s.far, data.data(), data.size(), MSG_DONTWAIT)),
                  failed(EAGAIN));
    });
}

volatile sig_atomic_t pipe_signals = 0;

// While it lives, SIGPIPE is counted.
class sigpipe_counted {
  public:
    sigpipe_counted() {
        pipe_signals = 0;
        struct sigaction count {};
        count.sa_handler = [](int) { pipe_signals = pipe_signals + 1; };
        ::sigaction(SIGPIPE, &count, &before_);
    }
    ~sigpipe_counted() { ::sigaction(SIGPIPE, &before_, nullptr); }
    sigpipe_counted(const sigpipe_counted&) = delete;
    sigpipe_counted& operator=(const sigpipe_counted&) = delete;

  private:
    struct sigaction before_ {};
};

TYPED_TEST(posix_writing, fails_and_signals_when_nobody_can_read) {
    TypeParam::run([] {
        const sigpipe_counted counted;
        socket_ends s;
        pipe_ends p;
        s.close_near();
        p.close_near();
        EXPECT_EQ(told(TypeParam::write(s.far, "x", 1)), failed(EPIPE));
        EXPECT_EQ(pipe_signals, 1);
        EXPECT_EQ(told(TypeParam::write(p.far, "x", 1)), failed(EPIPE));
        EXPECT_EQ(pipe_signals, 2);
        EXPECT_EQ(told(TypeParam::send(s.far, "x", 1, MSG_NOSIGNAL)), failed(EPIPE));
        EXPECT_EQ(pipe_signals, 2);
    });
}

TYPED_TEST(posix_writing, says_how_much_went_when_the_reader_leaves_in_the_middle) {
    const std::string data = pattern(large);
    TypeParam::run([&] {
        for (const bool socket : {false, true}) {
            const sigpipe_counted counted;
            socket_ends s;
            pipe_ends p;
            ssize_t n = 0;
            TypeParam::together(
                {[&] { n = TypeParam::write(socket ? s.far : p.far, data.data(), data.size()); },
                 [&] {
                     const int from = socket ? s.near : p.near;
                     EXPECT_EQ(read_all<TypeParam>(from, 5'000).size() >= 5'000, true);
                     socket ? s.close_near() : p.close_near();
                 }});
            EXPECT_GE(n, 5'000);
            EXPECT_LT(n, ssize_t{large});
            EXPECT_EQ(pipe_signals, socket ? 0 : 1); // as the kernel does
        }
    });
}

TYPED_TEST(posix_writing, writes_nothing_without_waiting_but_sends_an_empty_message) {
    TypeParam::run([] {
        pipe_ends p;
        fill_up(p.far);
        EXPECT_EQ(TypeParam::write(p.far, "", 0), 0);
        const iovec none{nullptr, 0};
        EXPECT_EQ(TypeParam::writev(p.far, &none, 1), 0);
        socket_ends s(SOCK_DGRAM);
        char in[4];
        EXPECT_EQ(TypeParam::write(s.far, "", 0), 0);
        EXPECT_EQ(TypeParam::read(s.near, in, sizeof(in)), 0);
        EXPECT_EQ(TypeParam::send(s.far, "", 0, 0), 0);
        EXPECT_EQ(TypeParam::recv(s.near, in, sizeof(in), 0), 0);
    });
}

TYPED_TEST(posix_writing, tells_of_the_end_even_when_nothing_is_written_unless_in_pieces) {
    TypeParam::run([] {
        const sigpipe_counted counted;
        socket_ends s;
        s.close_near();
        EXPECT_EQ(told(TypeParam::write(s.far, "", 0)), failed(EPIPE));
        const iovec none{nullptr, 0};
        EXPECT_EQ(TypeParam::writev(s.far, &none, 1), 0);
    });
}

TYPED_TEST(posix_writing, waits_for_room_for_a_message) {
    TypeParam::run([] {
        socket_ends s(SOCK_DGRAM);
        fill_up(s.far);
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::send(s.far, "abc", 3, 0), 3); },
                             [&] {
                                 // Much must go before it is said that there is room.
                                 std::array<char, 4096> in{};
                                 while (TypeParam::recv(s.near, in.data(), in.size(), 0) != 3) {
                                 }
                             }});
    });
}

// No readiness is told of a receiver that the socket is not connected to.
TYPED_TEST(posix_writing, waits_for_room_at_a_receiver_it_is_not_connected_to) {
    TypeParam::run([] {
        two_ends s;
        s.near = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        s.far = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "weft-posix-%d", ::getpid());
        const auto* const to = reinterpret_cast<const sockaddr*>(&name);
        ASSERT_EQ(::bind(s.near, to, sizeof(name)), 0);
        while (::sendto(s.far, "x", 1, MSG_DONTWAIT, to, sizeof(name)) == 1) {
        }
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::sendto(s.far, "y", 1, 0, to, sizeof(name)), 1); },
             [&] {
                 char c = 0;
                 EXPECT_EQ(TypeParam::read(s.near, &c, 1), 1);
             }});
    });
}

TYPED_TEST(posix_writing, sends_several_messages) {
    TypeParam::run([] {
        socket_ends s(SOCK_SEQPACKET);
        iovec pieces[2] = {{const_cast<char*>("ab"), 2}, {const_cast<char*>("c"), 1}};
        mmsghdr messages[2] = {};
        for (int i = 0; i < 2; ++i) {
            messages[i].msg_hdr.msg_iov = &pieces[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        EXPECT_EQ(TypeParam::sendmmsg(s.far, messages, 2, 0), 2);
        EXPECT_EQ(messages[0].msg_len, 2U);
        char in[4];
        EXPECT_EQ(TypeParam::recv(s.near, in, 4, 0), 2);
        EXPECT_EQ(TypeParam::recv(s.near, in, 4, 0), 1);
    });
}

TYPED_TEST(posix_writing, fills_a_terminal_and_waits_for_its_reader) {
    const std::string data = pattern(200'000);
    TypeParam::run([&] {
        terminal_ends t;
        std::string got;
        TypeParam::together({[&] {
                                 EXPECT_EQ(TypeParam::write(t.far, data.data(), data.size()),
                                           ssize_t{200'000});
                             },
                             [&] { got = read_all<TypeParam>(t.near, data.size()); }});
        EXPECT_TRUE(got == data);
    });
}

TYPED_TEST(posix_writing, writes_all_of_it_to_a_fifo) {
    const std::string data = pattern(200'000);
    TypeParam::run([&] {
        temporary_file_name name;
        ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
        std::string got;
        TypeParam::together({[&] {
                                 const int fd = TypeParam::open(name.c_str(), O_WRONLY | O_CLOEXEC);
                                 EXPECT_EQ(TypeParam::write(fd, data.data(), data.size()),
                                           ssize_t{200'000});
                                 TypeParam::close(fd);
                             },
                             [&] {
                                 const int fd = TypeParam::open(name.c_str(), O_RDONLY | O_CLOEXEC);
                                 got = read_all<TypeParam>(fd);
                                 TypeParam::close(fd);
                             }});
        EXPECT_TRUE(got == data);
    });
}

TYPED_TEST(posix_writing, sends_a_file) {
    const std::string data = pattern(large);
    TypeParam::run([&] {
        temporary_file_name name;
        const int file = TypeParam::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        EXPECT_EQ(TypeParam::write(file, data.data(), data.size()), ssize_t{large});
        for (const bool socket : {false, true}) {
            socket_ends s;
            pipe_ends p;
            std::string got;
            off_t from = 10;
            TypeParam::together({[&] {
                                     const int to = socket ? s.far : p.far;
                                     ssize_t n = TypeParam::sendfile(to, file, &from, large);
                                     EXPECT_EQ(n, socket ? ssize_t{large - 10} : n);
                                     while (n > 0) { // a pipe takes it in pieces
                                         n = TypeParam::sendfile(to, file, &from, large);
                                     }
                                     EXPECT_EQ(n, 0);
                                     socket ? s.close_far() : p.close_far();
                                 },
                                 [&] { got = read_all<TypeParam>(socket ? s.near : p.near); }});
            EXPECT_EQ(from, off_t{large});
            EXPECT_TRUE(got == data.substr(10)) << socket;
        }
        TypeParam::close(file);
    });
}

TYPED_TEST(posix_writing, sends_nothing_of_a_file_that_has_ended) {
    TypeParam::run([&] {
        temporary_file_name name;
        const int file = TypeParam::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        EXPECT_EQ(TypeParam::write(file, "abc", 3), 3);
        socket_ends s;
        off_t from = 3;
        EXPECT_EQ(TypeParam::sendfile(s.far, file, &from, 10), 0);
        ::fcntl(s.far, F_SETFL, O_NONBLOCK);
        EXPECT_EQ(TypeParam::sendfile(s.far, file, &from, 10), 0);
        TypeParam::close(file);
    });
}

TYPED_TEST(posix_writing, splices_a_socket_into_a_pipe) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        char in[4] = {};
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::splice(s.near, nullptr, p.far, nullptr, 3, 0), 3); },
             [&] { EXPECT_EQ(TypeParam::write(s.far, "abc", 3), 3); },
             [&] { EXPECT_EQ(TypeParam::read(p.near, in, 3), 3); }});
        EXPECT_STREQ(in, "abc");
    });
}

} // namespace
