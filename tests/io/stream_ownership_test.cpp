// SPDX-License-Identifier: BSL-1.0
//
// Whose the descriptor is: moving, releasing and taking over streams; who is at either end; and how
// sockets are set up.
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <type_traits>

#include <sys/un.h>

namespace weft {
namespace {

using test::error_of;
using test::put;
using test::text_of;
using stream_ownership = test::stream_test;
using stream_release = test::stream_test;
using stream_endpoints = test::net_test;
using stream_options = test::net_test;
using stream_from_socket = test::net_test;
INSTANTIATE_TEST_SUITE_P(over, stream_ownership, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, stream_release, test::plain_transports, test::name_of);

static_assert(!std::is_copy_constructible_v<stream> && !std::is_copy_assignable_v<stream>);
static_assert(std::is_nothrow_move_constructible_v<stream>);
static_assert(std::is_nothrow_move_assignable_v<stream>);
static_assert(std::is_nothrow_default_constructible_v<stream>);
static_assert(sizeof(stream) == sizeof(void*));

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

// --- moving ---

TEST_P(stream_ownership, moving_takes_the_connection_and_what_was_read_ahead) {
    with_connection([](stream& near, stream& far) {
        put(far, "line\nread ahead");
        EXPECT_EQ(near.read_line(), "line\n");
        const int fd = near.native_handle();
        stream moved(std::move(near));
        EXPECT_EQ(moved.native_handle(), fd);
        EXPECT_EQ(near.native_handle(), -1);
        EXPECT_EQ(moved.read(100), "read ahead");
    });
}

TEST_P(stream_ownership, assigning_closes_what_was_there) {
    with_connection([](stream& near, stream& far) {
        test::stream_pair other = connect();
        const int gone = near.native_handle();
        near = std::move(other.near);
        EXPECT_FALSE(is_open(gone));
        EXPECT_EQ(far.read_all(), "");
        put(other.far, "x");
        EXPECT_EQ(near.read(1), "x");
    });
}

TEST_P(stream_ownership, assigning_to_itself_changes_nothing) {
    with_connection([](stream& near, stream& far) {
        stream& same = near;
        near = std::move(same);
        put(far, "x");
        EXPECT_EQ(near.read(1), "x");
    });
}

TEST_P(stream_ownership, a_task_may_own_the_stream_it_serves) {
    with_connection([](stream& near, stream& far) {
        task<void> server = spawn(
            [](stream s) {
                for (std::string line; !(line = s.read_line()).empty();) {
                    s.write(line);
                }
            },
            std::move(far));
        near.write("echo\n");
        EXPECT_EQ(near.read_line(), "echo\n");
        near.shutdown_write();
        EXPECT_EQ(near.read_all(), "") << "the end of the task has closed it";
        server.get();
    });
}

// --- release ---

TEST_P(stream_release, release_gives_the_descriptor_away) {
    with_connection([](stream& near, stream& far) {
        const int fd = near.native_handle();
        EXPECT_EQ(near.release(), fd);
        EXPECT_EQ(near.native_handle(), -1);
        ASSERT_TRUE(is_open(fd));
        EXPECT_TRUE(::fcntl(fd, F_GETFL) & O_NONBLOCK);
        EXPECT_EQ(::send(fd, "x", 1, 0), 1);
        EXPECT_EQ(far.read(1), "x");
        ::close(fd);
        EXPECT_EQ(far.read_all(), "");
    });
}

TEST_P(stream_release, release_with_unread_data_is_refused) {
    with_connection([](stream& near, stream& far) {
        put(far, "line\n12345");
        EXPECT_EQ(near.read_line(), "line\n");
        const std::string text = text_of<invalid_state>([&] { static_cast<void>(near.release()); });
        EXPECT_EQ(text.find("weft::stream::release: 5 bytes were received and not read"), 0U)
            << text;
        EXPECT_EQ(near.read(5), "12345") << "and nothing has happened";
        ::close(near.release());
    });
}

TEST_P(stream_release, a_released_descriptor_can_be_taken_over_again) {
    with_connection([](stream& near, stream& far) {
        for (int i = 0; i < 3; ++i) {
            task<std::string> reader = spawn([&] { return near.read_line(); });
            test::yield_times(2);
            far.write("line\n");
            EXPECT_EQ(reader.get(), "line\n");
            near = stream::from_socket(near.release());
        }
        far.close();
        EXPECT_EQ(near.read_all(), "");
    });
}

// --- from_socket ---

TEST_F(stream_from_socket, makes_it_non_blocking) {
    weft::run([] {
        int fds[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        EXPECT_FALSE(::fcntl(fds[0], F_GETFL) & O_NONBLOCK);
        const stream near = stream::from_socket(fds[0]);
        const stream far = stream::from_socket(fds[1]);
        EXPECT_EQ(near.native_handle(), fds[0]);
        EXPECT_TRUE(::fcntl(fds[0], F_GETFL) & O_NONBLOCK);
    });
}

TEST_F(stream_from_socket, of_what_is_not_open_is_an_error) {
    weft::run([] {
        EXPECT_EQ(error_of([] { stream::from_socket(-1); }), EBADF);
        EXPECT_EQ(text_of<std::system_error>([] {
                      stream::from_socket(1 << 30);
                  }).find("weft::stream::from_socket"),
                  0U);
    });
}

TEST_F(stream_from_socket, of_what_is_no_socket_shows_at_the_first_use) {
    weft::run([] {
        int fds[2];
        ASSERT_EQ(::pipe2(fds, O_CLOEXEC), 0);
        stream s = stream::from_socket(fds[0]);
        EXPECT_EQ(error_of([&] { s.read(1); }), ENOTSOCK);
        ::close(fds[1]);
    });
}

TEST_F(stream_from_socket, of_an_unconnected_socket_shows_at_the_first_use) {
    weft::run([] {
        stream s = stream::from_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(error_of([&] { s.read(1); }), ENOTCONN);
        EXPECT_EQ(error_of([&] { s.write("x"); }), EPIPE);
        EXPECT_EQ(error_of([&] { s.remote_endpoint(); }), ENOTCONN);
        EXPECT_EQ(error_of([&] { s.shutdown_write(); }), ENOTCONN);
    });
}

// --- endpoints ---

TEST_F(stream_endpoints, of_two_ends_mirror_each_other) {
    weft::run([] {
        for (const char* address : {"127.0.0.1", "::1"}) {
            listener l(address, 0);
            const stream near = open_connection(address, l.local_endpoint().port());
            const stream far = l.accept();
            EXPECT_EQ(near.remote_endpoint(), far.local_endpoint());
            EXPECT_EQ(near.local_endpoint(), far.remote_endpoint());
            EXPECT_EQ(near.remote_endpoint(), l.local_endpoint());
            EXPECT_EQ(near.remote_endpoint().address(), address);
            EXPECT_EQ(near.local_endpoint().address(), address);
            EXPECT_NE(near.local_endpoint().port(), near.remote_endpoint().port());
        }
    });
}

TEST_F(stream_endpoints, of_a_socket_pair_have_no_name) {
    weft::run([] {
        const test::stream_pair pair = test::connect_unix();
        EXPECT_EQ(pair.near.local_endpoint().path(), "");
        EXPECT_EQ(pair.near.remote_endpoint().to_string(), "");
        EXPECT_EQ(pair.near.remote_endpoint().port(), 0);
    });
}

// A stream that is connected to a UNIX listener of this name.
test::stream_pair connect_by_name(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_LE(name.size(), sizeof(address.sun_path));
    std::memcpy(address.sun_path, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    const auto* a = reinterpret_cast<const sockaddr*>(&address);
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listening, a, size), 0) << std::strerror(errno);
    EXPECT_EQ(::listen(listening, 1), 0);
    const int near = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(near, a, size), 0) << std::strerror(errno);
    const int far = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listening);
    return {stream::from_socket(near), stream::from_socket(far)};
}

TEST_F(stream_endpoints, of_a_unix_socket_have_its_path) {
    weft::run([] {
        char folder[] = "/tmp/weft-stream-XXXXXX";
        ASSERT_NE(::mkdtemp(folder), nullptr);
        const std::string path = std::string(folder) + "/socket";
        {
            const test::stream_pair pair = connect_by_name(path);
            EXPECT_EQ(pair.near.remote_endpoint().path(), path);
            EXPECT_EQ(pair.far.local_endpoint().to_string(), path);
            EXPECT_EQ(pair.near.remote_endpoint().address(), "");
        }
        std::filesystem::remove_all(folder);
    });
}

TEST_F(stream_endpoints, of_a_unix_socket_with_the_longest_path) {
    weft::run([] {
        char folder[] = "/tmp/weft-stream-XXXXXX";
        ASSERT_NE(::mkdtemp(folder), nullptr);
        std::string path = std::string(folder) + "/";
        path.resize(sizeof(sockaddr_un::sun_path), 'x'); // no room for a terminating zero
        {
            const test::stream_pair pair = connect_by_name(path);
            EXPECT_EQ(pair.near.remote_endpoint().path(), path);
        }
        std::filesystem::remove_all(folder);
    });
}

TEST_F(stream_endpoints, of_an_abstract_unix_socket_are_written_with_an_at_sign) {
    weft::run([] {
        const std::string name = "weft-test-" + std::to_string(::getpid());
        const test::stream_pair pair = connect_by_name('\0' + name);
        EXPECT_EQ(pair.near.remote_endpoint().path(), "@" + name);
    });
}

// --- options ---

int option_of(const stream& s, int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    EXPECT_EQ(::getsockopt(s.native_handle(), level, name, &value, &size), 0);
    return value;
}

TEST_F(stream_options, descriptors_are_non_blocking_and_not_inherited) {
    weft::run([] {
        const test::stream_pair pair = test::connect_tcp();
        const listener l("127.0.0.1", 0);
        for (const int fd :
             {pair.near.native_handle(), pair.far.native_handle(), l.native_handle()}) {
            EXPECT_TRUE(::fcntl(fd, F_GETFL) & O_NONBLOCK);
            EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
        }
    });
}

TEST_F(stream_options, small_writes_are_sent_at_once_unless_told_otherwise) {
    weft::run([] {
        for (const bool nodelay : {true, false}) {
            listen_options listening;
            listening.nodelay = nodelay;
            connect_options connecting;
            connecting.nodelay = nodelay;
            listener l("127.0.0.1", 0, listening);
            const stream near = open_connection("127.0.0.1", l.local_endpoint().port(), connecting);
            const stream far = l.accept();
            EXPECT_EQ(option_of(near, IPPROTO_TCP, TCP_NODELAY) != 0, nodelay);
            EXPECT_EQ(option_of(far, IPPROTO_TCP, TCP_NODELAY) != 0, nodelay);
        }
        const test::stream_pair by_default = test::connect_tcp();
        EXPECT_NE(option_of(by_default.near, IPPROTO_TCP, TCP_NODELAY), 0);
        EXPECT_NE(option_of(by_default.far, IPPROTO_TCP, TCP_NODELAY), 0);
    });
}

} // namespace
} // namespace weft
