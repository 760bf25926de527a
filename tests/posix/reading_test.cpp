// SPDX-License-Identifier: BSL-1.0
#include "tests/support/posix_sides.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

namespace {

using namespace weft::test;

template <class Side>
class posix_reading : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_reading, both_sides, side_names);

TYPED_TEST(posix_reading, waits_for_what_is_written_to_a_socket) {
    TypeParam::run([] {
        socket_ends s;
        std::array<char, 8> in{};
        std::string got;
        TypeParam::together({[&] { got = told(TypeParam::read(s.near, in.data(), in.size())); },
                             [&] { EXPECT_EQ(TypeParam::write(s.far, "abc", 3), 3); }});
        EXPECT_EQ(got, "3");
        EXPECT_STREQ(in.data(), "abc");
    });
}

TYPED_TEST(posix_reading, waits_for_what_is_written_to_a_pipe) {
    TypeParam::run([] {
        pipe_ends p;
        std::array<char, 8> in{};
        std::string got;
        TypeParam::together({[&] { got = told(TypeParam::read(p.near, in.data(), in.size())); },
                             [&] { EXPECT_EQ(TypeParam::write(p.far, "abc", 3), 3); }});
        EXPECT_EQ(got, "3");
    });
}

TYPED_TEST(posix_reading, waits_for_the_end_of_a_pipe_and_of_a_socket) {
    TypeParam::run([] {
        pipe_ends p;
        socket_ends s;
        char c = 0;
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::read(p.near, &c, 1), 0); },
                             [&] { EXPECT_EQ(TypeParam::recv(s.near, &c, 1, 0), 0); },
                             [&] { p.close_far(); }, [&] { s.close_far(); }});
    });
}

TYPED_TEST(posix_reading, fills_several_pieces) {
    TypeParam::run([] {
        for (const bool socket : {false, true}) {
            socket_ends s;
            pipe_ends p;
            const int from = socket ? s.near : p.near;
            const int to = socket ? s.far : p.far;
            char a[2] = {};
            char b[4] = {};
            const iovec pieces[] = {{a, 2}, {b, 4}};
            TypeParam::together({[&] { EXPECT_EQ(TypeParam::readv(from, pieces, 2), 5); },
                                 [&] { EXPECT_EQ(TypeParam::write(to, "abcde", 5), 5); }});
            EXPECT_EQ(std::string(a, 2) + b, "abcde");
        }
    });
}

TYPED_TEST(posix_reading, reads_nothing_without_waiting) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        char c = 0;
        const iovec empty[] = {{&c, 0}, {&c, 0}};
        EXPECT_EQ(TypeParam::read(s.near, &c, 0), 0);
        EXPECT_EQ(TypeParam::read(p.near, &c, 0), 0);
        EXPECT_EQ(TypeParam::readv(s.near, empty, 2), 0);
        EXPECT_EQ(TypeParam::readv(p.near, empty, 2), 0);
    });
}

TYPED_TEST(posix_reading, says_what_is_wrong_with_its_arguments) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        char c = 0;
        const iovec piece{&c, 1};
        EXPECT_EQ(told(TypeParam::read(-1, &c, 1)), failed(EBADF));
        EXPECT_EQ(told(TypeParam::read(1'000'000'000, &c, 1)), failed(EBADF));
        EXPECT_EQ(told(TypeParam::read(p.far, &c, 1)), failed(EBADF)); // the writing end
        EXPECT_EQ(told(TypeParam::readv(s.near, &piece, -1)), failed(EINVAL));
        EXPECT_EQ(told(TypeParam::readv(s.near, &piece, 1025)), failed(EINVAL));
        EXPECT_EQ(told(TypeParam::readv(s.near, &piece, 0)), "0");
        EXPECT_EQ(told(TypeParam::pread(p.near, &c, 1, 0)), failed(ESPIPE));
        EXPECT_EQ(told(TypeParam::recv(p.near, &c, 1, 0)), failed(ENOTSOCK));
        EXPECT_EQ(TypeParam::write(p.far, "x", 1), 1);
        EXPECT_EQ(told(TypeParam::read(p.near, reinterpret_cast<void*>(16), 1)), failed(EFAULT));
        const int directory = TypeParam::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        EXPECT_EQ(told(TypeParam::read(directory, &c, 1)), failed(EISDIR));
        TypeParam::close(directory);
    });
}

TYPED_TEST(posix_reading, leaves_to_a_descriptor_that_does_not_block_not_to_block) {
    TypeParam::run([] {
        for (const bool socket : {false, true}) {
            socket_ends s;
            pipe_ends p;
            const int fd = socket ? s.near : p.near;
            const int duplicate = TypeParam::dup(fd);
            char c = 0;
            EXPECT_EQ(TypeParam::fcntl(duplicate, F_SETFL, O_NONBLOCK), 0);
            EXPECT_EQ(told(TypeParam::read(fd, &c, 1)), failed(EAGAIN));
            EXPECT_EQ(told(TypeParam::read(duplicate, &c, 1)), failed(EAGAIN));
            EXPECT_EQ(TypeParam::fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
            EXPECT_EQ(TypeParam::fcntl(duplicate, F_SETFL, 0), 0);
            TypeParam::together(
                {[&] { EXPECT_EQ(TypeParam::read(fd, &c, 1), 1); },
                 [&] { EXPECT_EQ(TypeParam::write(socket ? s.far : p.far, "x", 1), 1); }});
            EXPECT_EQ(TypeParam::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
            TypeParam::close(duplicate);
        }
    });
}

TYPED_TEST(posix_reading, ends_with_the_sockets_own_time_limit) {
    TypeParam::run([] {
        socket_ends s;
        set_limit(s.near, SO_RCVTIMEO, 2'000);
        char c = 0;
        const iovec piece{&c, 1};
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(&piece);
        message.msg_iovlen = 1;
        EXPECT_EQ(told(TypeParam::read(s.near, &c, 1)), failed(EAGAIN));
        EXPECT_EQ(told(TypeParam::readv(s.near, &piece, 1)), failed(EAGAIN));
        EXPECT_EQ(told(TypeParam::recv(s.near, &c, 1, 0)), failed(EAGAIN));
        EXPECT_EQ(told(TypeParam::recvmsg(s.near, &message, 0)), failed(EAGAIN));
        EXPECT_EQ(told(TypeParam::recv(s.near, &c, 1, MSG_WAITALL)), failed(EAGAIN));
        EXPECT_EQ(TypeParam::write(s.far, "x", 1), 1);
        char two[2];
        EXPECT_EQ(told(TypeParam::recv(s.near, two, 2, MSG_WAITALL)), "1"); // what had come
    });
}

TYPED_TEST(posix_reading, never_waits_with_a_flag_that_says_so) {
    TypeParam::run([] {
        socket_ends s;
        char c = 0;
        EXPECT_EQ(told(TypeParam::recv(s.near, &c, 1, MSG_DONTWAIT)), failed(EAGAIN));
        EXPECT_EQ(told(TypeParam::recv(s.near, &c, 1, MSG_DONTWAIT | MSG_WAITALL)), failed(EAGAIN));
        EXPECT_EQ(TypeParam::fcntl(s.near, F_GETFL) & O_NONBLOCK, 0);
    });
}

TYPED_TEST(posix_reading, waits_for_all_where_that_is_asked_for) {
    TypeParam::run([] {
        socket_ends s;
        char in[6] = {};
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::recv(s.near, in, 6, MSG_WAITALL), 6); },
                             [&] {
                                 EXPECT_EQ(TypeParam::write(s.far, "abc", 3), 3);
                                 EXPECT_EQ(TypeParam::write(s.far, "def", 3), 3);
                             }});
        EXPECT_EQ(std::string(in, 6), "abcdef");
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::recv(s.near, in, 6, MSG_WAITALL), 2); },
                             [&] {
                                 EXPECT_EQ(TypeParam::write(s.far, "gh", 2), 2);
                                 s.close_far();
                             }});
    });
}

TYPED_TEST(posix_reading, looks_without_taking) {
    TypeParam::run([] {
        socket_ends s;
        char in[6] = {};
        TypeParam::together({[&] {
                                 EXPECT_EQ(TypeParam::recv(s.near, in, 3, MSG_PEEK), 3);
                                 EXPECT_EQ(TypeParam::recv(s.near, in, 3, MSG_PEEK), 3);
                                 EXPECT_EQ(TypeParam::recv(s.near, in, 6, 0), 3);
                             },
                             [&] { EXPECT_EQ(TypeParam::write(s.far, "abc", 3), 3); }});
    });
}

TYPED_TEST(posix_reading, looks_at_all_of_it_where_that_is_asked_for) {
    TypeParam::run([] {
        tcp_listener listener;
        two_ends s;
        s.far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(::connect(s.far, listener.generic(), sizeof(listener.address)), 0);
        s.near = ::accept(listener.fd, nullptr, nullptr);
        char in[6] = {};
        TypeParam::together({[&] {
                                 EXPECT_EQ(TypeParam::recv(s.near, in, 6, MSG_PEEK | MSG_WAITALL),
                                           6);
                                 EXPECT_EQ(TypeParam::recv(s.near, in, 6, 0), 6);
                             },
                             [&] {
                                 EXPECT_EQ(TypeParam::write(s.far, "abc", 3), 3);
                                 EXPECT_EQ(TypeParam::write(s.far, "def", 3), 3);
                             }});
    });
}

TYPED_TEST(posix_reading, keeps_messages_apart) {
    TypeParam::run([] {
        socket_ends s(SOCK_SEQPACKET);
        char in[8] = {};
        EXPECT_EQ(TypeParam::write(s.far, "abc", 3), 3);
        EXPECT_EQ(TypeParam::write(s.far, "de", 2), 2);
        EXPECT_EQ(TypeParam::recv(s.near, in, 8, MSG_WAITALL), 3);
        EXPECT_EQ(TypeParam::read(s.near, in, 1), 1); // the rest of it is gone
        set_limit(s.near, SO_RCVTIMEO, 1'000);
        EXPECT_EQ(told(TypeParam::read(s.near, in, 8)), failed(EAGAIN));
    });
}

TYPED_TEST(posix_reading, brings_descriptors_along) {
    TypeParam::run([] {
        socket_ends s;
        pipe_ends p;
        alignas(cmsghdr) char beside[CMSG_SPACE(sizeof(int))] = {};
        char c = 'x';
        iovec piece{&c, 1};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = beside;
        message.msg_controllen = sizeof(beside);
        TypeParam::together({[&] {
                                 char to = 0;
                                 iovec place{&to, 1};
                                 alignas(cmsghdr) char room[sizeof(beside)] = {};
                                 msghdr in{};
                                 in.msg_iov = &place;
                                 in.msg_iovlen = 1;
                                 in.msg_control = room;
                                 in.msg_controllen = sizeof(room);
                                 ASSERT_EQ(TypeParam::recvmsg(s.near, &in, MSG_CMSG_CLOEXEC), 1);
                                 cmsghdr* const header = CMSG_FIRSTHDR(&in);
                                 ASSERT_NE(header, nullptr);
                                 int fd = -1;
                                 std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
                                 EXPECT_EQ(TypeParam::write(fd, "y", 1), 1);
                                 TypeParam::close(fd);
                             },
                             [&] {
                                 cmsghdr* const header = CMSG_FIRSTHDR(&message);
                                 header->cmsg_level = SOL_SOCKET;
                                 header->cmsg_type = SCM_RIGHTS;
                                 header->cmsg_len = CMSG_LEN(sizeof(int));
                                 std::memcpy(CMSG_DATA(header), &p.far, sizeof(int));
                                 EXPECT_EQ(TypeParam::sendmsg(s.far, &message, 0), 1);
                             }});
        char got = 0;
        EXPECT_EQ(TypeParam::read(p.near, &got, 1), 1);
        EXPECT_EQ(got, 'y');
    });
}

TYPED_TEST(posix_reading, takes_several_messages) {
    TypeParam::run([] {
        socket_ends s(SOCK_DGRAM);
        std::array<std::array<char, 4>, 3> in{};
        std::array<iovec, 3> pieces{};
        std::array<mmsghdr, 3> messages{};
        for (std::size_t i = 0; i < 3; ++i) {
            pieces[i] = {in[i].data(), in[i].size()};
            messages[i].msg_hdr.msg_iov = &pieces[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        EXPECT_EQ(TypeParam::send(s.far, "a", 1, 0), 1);
        EXPECT_EQ(TypeParam::send(s.far, "bc", 2, 0), 2);
        EXPECT_EQ(TypeParam::recvmmsg(s.near, messages.data(), 3, MSG_WAITFORONE, nullptr), 2);
        EXPECT_EQ(messages[0].msg_len, 1U);
        EXPECT_EQ(messages[1].msg_len, 2U);
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::recvmmsg(s.near, messages.data(), 2, 0, nullptr), 2); },
             [&] {
                 EXPECT_EQ(TypeParam::send(s.far, "d", 1, 0), 1);
                 EXPECT_EQ(TypeParam::send(s.far, "e", 1, 0), 1);
             }});
    });
}

TYPED_TEST(posix_reading, waits_for_counters_timers_and_watched_folders) {
    TypeParam::run([] {
        const int counter = ::eventfd(0, EFD_CLOEXEC);
        const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
        const int watched = ::inotify_init1(IN_CLOEXEC);
        temporary_file_name folder;
        ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
        EXPECT_GE(::inotify_add_watch(watched, folder.c_str(), IN_CREATE), 0);
        const itimerspec soon{{0, 0}, {0, 1'000'000}};
        const std::uint64_t five = 5;
        std::uint64_t count = 0;
        std::uint64_t expirations = 0;
        alignas(inotify_event) char events[512];
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::read(counter, &count, sizeof(count)), 8); },
             [&] { EXPECT_EQ(TypeParam::read(timer, &expirations, sizeof(expirations)), 8); },
             [&] { EXPECT_GT(TypeParam::read(watched, events, sizeof(events)), 0); },
             [&] {
                 EXPECT_EQ(TypeParam::write(counter, &five, sizeof(five)), 8);
                 EXPECT_EQ(::timerfd_settime(timer, 0, &soon, nullptr), 0);
                 EXPECT_EQ(::mkdir((folder.name() + "/x").c_str(), 0700), 0);
             }});
        EXPECT_EQ(count, 5U);
        EXPECT_GE(expirations, 1U);
        EXPECT_EQ(told(TypeParam::read(counter, &count, 4)), failed(EINVAL));
        EXPECT_EQ(told(TypeParam::read(timer, &count, 4)), failed(EINVAL));
        for (const int fd : {counter, timer, watched}) {
            TypeParam::close(fd);
        }
        ::rmdir((folder.name() + "/x").c_str());
    });
}

TYPED_TEST(posix_reading, waits_on_a_terminal_until_the_line_is_whole) {
    TypeParam::run([] {
        terminal_ends t;
        char in[8] = {};
        TypeParam::together({[&] { EXPECT_EQ(TypeParam::read(t.far, in, sizeof(in)), 3); },
                             [&] {
                                 EXPECT_EQ(TypeParam::write(t.near, "a", 1), 1);
                                 EXPECT_EQ(TypeParam::write(t.near, "b\n", 2), 2);
                             }});
        EXPECT_STREQ(in, "ab\n");
    });
}

TYPED_TEST(posix_reading, reads_a_file_to_its_end_at_its_own_position) {
    TypeParam::run([] {
        temporary_file_name name;
        const int fd = TypeParam::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        ASSERT_GE(fd, 0);
        EXPECT_EQ(TypeParam::write(fd, "abcdef", 6), 6);
        EXPECT_EQ(TypeParam::fsync(fd), 0);
        EXPECT_EQ(TypeParam::fdatasync(fd), 0);
        char in[8] = {};
        EXPECT_EQ(TypeParam::read(fd, in, 8), 0);
        EXPECT_EQ(TypeParam::pread(fd, in, 8, 2), 4);
        EXPECT_EQ(TypeParam::pwrite(fd, "X", 1, 0), 1);
        EXPECT_EQ(::lseek(fd, 0, SEEK_SET), 0);
        const iovec piece{in, 3};
        EXPECT_EQ(TypeParam::preadv2(fd, &piece, 1, -1, 0), 3);
        EXPECT_EQ(std::string(in, 3), "Xbc");
        EXPECT_EQ(TypeParam::read(fd, in, 8), 3);
        TypeParam::close(fd);
        EXPECT_EQ(told(TypeParam::fsync(fd)), failed(EBADF));
    });
}

TYPED_TEST(posix_reading, shares_a_pipe_among_many_readers) {
    TypeParam::run([] {
        pipe_ends p;
        int sum = 0;
        std::array<char, 20> got{};
        std::vector<std::function<void()>> actors;
        for (char& c : got) {
            actors.emplace_back([&] { EXPECT_EQ(TypeParam::read(p.near, &c, 1), 1); });
        }
        actors.emplace_back([&] {
            for (std::size_t i = 0; i < got.size(); ++i) {
                const char c = 1;
                EXPECT_EQ(TypeParam::write(p.far, &c, 1), 1);
            }
        });
        TypeParam::together(std::move(actors));
        sum = std::accumulate(got.begin(), got.end(), 0);
        EXPECT_EQ(sum, 20);
    });
}

} // namespace
