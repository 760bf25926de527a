// SPDX-License-Identifier: BSL-1.0
//
// Connected asio_streams, and how Boost's errors are asked for.
#pragma once

#include "tests/support/net_streams.hpp"

#include <weft/asio.hpp>

#include <boost/asio/read.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace weft::test {

// A test that runs once over each transport, on asio_streams.
class asio_test : public stream_test {
  protected:
    // Runs body(near, far) in a task, on the two ends of a connection, and checks that no other
    // task is left by it.
    template <class F>
    static void with_asio_streams(F body, run_options options = {}) {
        weft::run(options, [&] {
            stream_pair pair = connect();
            asio_stream near(std::move(pair.near));
            asio_stream far(std::move(pair.far));
            body(near, far);
            EXPECT_EQ(all_tasks().size(), 1U) << "the test left a task";
        });
    }
};

// The code of the boost::system::system_error that f throws; fails the test when it throws none.
template <class F>
boost::system::error_code code_of(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (const boost::system::system_error& e) {
        return e.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

// What one read of at most n bytes brings.
inline std::string read_once(asio_stream& s, std::size_t n = 100) {
    std::string text(n, '\0');
    text.resize(s.read_some(boost::asio::buffer(text)));
    return text;
}

inline std::string read_to_end(asio_stream& s) {
    std::string text;
    boost::system::error_code error;
    boost::asio::read(s, boost::asio::dynamic_buffer(text), error);
    EXPECT_EQ(error, boost::asio::error::eof);
    return text;
}

// A connection that keeps the borders between system calls.
inline stream_pair connect_packets() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    return {stream::from_socket(fds[0]), stream::from_socket(fds[1])};
}

} // namespace weft::test
