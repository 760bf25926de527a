// SPDX-License-Identifier: BSL-1.0
//
// A server whose connections are encrypted: handshakes happen in the connections' tasks, so nobody
// waits for a slow client, and none may take for ever.
#include "tests/support/api_settle.hpp"
#include "tests/support/net_servers.hpp"
#include "tests/support/net_streams.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::connect_to;
using test::echo;
using test::end_of;
using test::in_virtual_time;
using test::settle;
using server_tls = test::net_test;

listen_options encrypted() {
    listen_options options;
    options.tls = &test::test_server();
    return options;
}

// What the loop's exception handler is told.
struct told {
    std::vector<std::string> messages;
    told() {
        running_loop().set_exception_handler(
            [this](const exception_context& c) { messages.emplace_back(c.message); });
    }
};

TEST_F(server_tls, gives_the_handler_a_stream_whose_handshake_is_done) {
    weft::run([] {
        const server s = start_server(echo, "127.0.0.1", 0, encrypted());
        stream client = start_tls(connect_to(s), test::test_client(), "localhost");
        client.write("weft");
        EXPECT_EQ(client.read_exactly(4), "weft");
    });
}

TEST_F(server_tls, serves_others_while_a_client_is_slow_with_its_handshake) {
    weft::run([] {
        const server s = start_server(echo, "127.0.0.1", 0, encrypted());
        const stream silent = connect_to(s);
        stream client = start_tls(connect_to(s), test::test_client(), "localhost");
        client.write("x");
        EXPECT_EQ(client.read(1), "x");
        EXPECT_EQ(s.connections(), 2U);
    });
}

TEST_F(server_tls, gives_a_silent_client_its_time_and_no_more_and_calls_no_handler) {
    in_virtual_time([] {
        const told errors;
        bool handled = false;
        const server s =
            start_server([&](const stream&) { handled = true; }, "127.0.0.1", 0, encrypted());
        stream silent = connect_to(s);
        sleep_for(59s);
        EXPECT_EQ(s.connections(), 1U);
        EXPECT_EQ(silent.read_all(), "");
        settle();
        EXPECT_EQ(s.connections(), 0U);
        EXPECT_FALSE(handled);
        EXPECT_EQ(errors.messages, std::vector<std::string>());
    });
}

TEST_F(server_tls, goes_on_without_a_word_after_a_client_that_speaks_no_tls) {
    weft::run([] {
        const told errors;
        const server s = start_server(echo, "127.0.0.1", 0, encrypted());
        stream plain = connect_to(s);
        plain.write("GET / HTTP/1.1\r\n\r\n");
        static_cast<void>(end_of([&] { plain.read_all(); }));
        stream client = start_tls(connect_to(s), test::test_client(), "localhost");
        client.write("x");
        EXPECT_EQ(client.read(1), "x");
        EXPECT_EQ(errors.messages, std::vector<std::string>());
    });
}

TEST_F(server_tls, does_not_report_clients_that_go_without_a_word) {
    weft::run([] {
        const told errors;
        server s = start_server(echo, "127.0.0.1", 0, encrypted());
        connect_to(s).close(); // before the handshake
        {
            stream client = start_tls(connect_to(s), test::test_client(), "localhost");
            client.write("x");
            EXPECT_EQ(client.read(1), "x");
            ::shutdown(client.native_handle(), SHUT_RDWR); // truncated
        }
        s.close();
        s.wait_closed();
        EXPECT_EQ(errors.messages, std::vector<std::string>());
    });
}

} // namespace
} // namespace weft
