// SPDX-License-Identifier: BSL-1.0
//
// Connected streams over each transport there is, for tests that must hold for all of them; and
// what such tests say often. A test that hangs is ended by SIGALRM.
#pragma once

#include "tests/support/api_fixture.hpp"
#include "tests/support/net_certificates.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weft::test {

class net_test : public api_test {
  protected:
    static constexpr unsigned seconds_allowed = 120;
    void SetUp() override {
        ::alarm(seconds_allowed);
        api_test::SetUp();
    }
    void TearDown() override {
        api_test::TearDown();
        ::alarm(0);
    }
};

struct stream_pair {
    stream near;
    stream far;
};

inline stream_pair connect_tcp() {
    listener l("127.0.0.1", 0);
    stream near = open_connection("127.0.0.1", l.local_endpoint().port());
    return {std::move(near), l.accept()};
}

inline stream_pair connect_unix() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return {stream::from_socket(fds[0]), stream::from_socket(fds[1])};
}

inline stream_pair connect_by_path() {
    unix_listener l(std::string(1, '\0') + "weft-test-" + std::to_string(::getpid()));
    stream near = open_unix_connection(l.local_endpoint().path().replace(0, 1, 1, '\0'));
    return {std::move(near), l.accept()};
}

#if WEFT_WITH_TLS
// The near end is the client; the handshake is done.
inline stream_pair encrypt(stream_pair pair, const tls_context& client, const tls_context& server) {
    task<stream> far = spawn([&] { return start_tls(std::move(pair.far), server); });
    stream near = start_tls(std::move(pair.near), client, "localhost");
    return {std::move(near), far.get()};
}
#endif

enum class transport { tcp, unix_socket, socket_pair, tls, tls_over_unix_socket };

inline std::ostream& operator<<(std::ostream& out, transport t) {
    constexpr const char* names[] = {"tcp", "unix", "socket_pair", "tls", "tls_over_unix"};
    return out << names[static_cast<int>(t)];
}

inline std::string name_of(const testing::TestParamInfo<transport>& info) {
    return testing::PrintToString(info.param);
}

// Those that have nothing between the stream and its socket.
inline const auto plain_transports =
    testing::Values(transport::tcp, transport::unix_socket, transport::socket_pair);
#if WEFT_WITH_TLS
inline const auto all_transports =
    testing::Values(transport::tcp, transport::unix_socket, transport::socket_pair, transport::tls,
                    transport::tls_over_unix_socket);
#else
inline const auto all_transports = plain_transports;
#endif

// A test that runs once over each transport.
class stream_test : public net_test, public testing::WithParamInterface<transport> {
  protected:
    static stream_pair connect() {
        switch (GetParam()) {
        case transport::tcp:
            return connect_tcp();
        case transport::unix_socket:
            return connect_by_path();
        case transport::socket_pair:
            return connect_unix();
#if WEFT_WITH_TLS
        case transport::tls:
            return encrypt(connect_tcp(), test_client(), test_server());
        case transport::tls_over_unix_socket:
            return encrypt(connect_unix(), test_client(), test_server());
#endif
        default:
            throw std::logic_error("no such transport");
        }
    }
    static bool is_encrypted() {
        return GetParam() >= transport::tls;
    }

    // Runs body(near, far) in a task, on the two ends of a connection, and checks that no other
    // task is left by it.
    template <class F>
    static void with_connection(F body) {
        weft::run([&] {
            stream_pair pair = connect();
            body(pair.near, pair.far);
            EXPECT_EQ(all_tasks().size(), 1U) << "the test left a task";
        });
    }
};

inline bool is_encrypted(const stream& s) {
    try {
        static_cast<void>(tls_info_of(s));
        return true;
    } catch (const invalid_state&) {
        return false;
    }
}

// Puts bytes into the connection without letting any task run; the kernel must have room for them.
inline void put(stream& from, std::string_view text) {
    if (is_encrypted(from)) {
        from.write(text);
        return;
    }
    EXPECT_EQ(::send(from.native_handle(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
}

// What reading gives next, of at most n bytes.
inline std::string read_some(stream& s, std::size_t n) {
    std::string text(n, '\0');
    text.resize(s.read_some(std::as_writable_bytes(std::span(text))));
    return text;
}

// What still comes from a peer that was closed, perhaps in the middle of something.
inline std::string what_comes_until_the_close(stream& s) {
    try {
        return s.read_all();
    } catch (const tls_error& e) {
        EXPECT_EQ(e.code(), tls_errc::truncated) << e.what();
    }
    std::string all;
    for (;;) {
        try {
            all += s.read(64 * 1024);
        } catch (const tls_error&) {
            return all;
        }
    }
}

// Bytes by which a reader can tell where it is, for any length.
inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>((i * 7 + i / 251) % 256);
    }
    return text;
}

// The error number of the std::system_error that f throws; 0, and a failure, when it throws none.
template <class F>
int error_of(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().category(), std::system_category()) << e.what();
        return e.code().value();
    }
    ADD_FAILURE() << "nothing was thrown";
    return 0;
}

// Fills the way from s to its peer, and returns how many bytes that took.
inline std::size_t fill_up(stream& s) {
    const std::string much(16 * 1024, 'f');
    std::size_t total = 0;
    if (is_encrypted(s)) {
        task<void> writer = spawn([&] {
            for (;;) {
                total += much.size(); // the last one is accepted, but not sent as a whole
                s.write(much);
            }
        });
        for (std::size_t before = 1; before != total;) {
            before = total;
            yield_times(3);
        }
        return total;
    }
    for (ssize_t n = 0; n >= 0; total += static_cast<std::size_t>(n)) {
        n = ::send(s.native_handle(), much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            break;
        }
    }
    return total;
}

// The next close of this socket sends a reset in place of an end.
inline void reset_on_close(int fd) {
    const linger at_once{1, 0};
    EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
}

} // namespace weft::test
