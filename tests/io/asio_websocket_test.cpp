// SPDX-License-Identifier: BSL-1.0
//
// Boost.Beast's WebSocket over asio_stream: messages of all kinds, pings, the closing handshake and
// ends without one. Cancels are in asio_websocket_cancel_test.
#include "tests/support/asio_websockets.hpp"

#include <boost/beast/http.hpp>

#include <cstring>
#include <string>
#include <vector>

namespace weft {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::beast::flat_buffer;
using boost::system::error_code;
using test::code_of;
using test::echo;
using test::pattern;
using test::put;
using test::read_message;
using test::write_message;
using socket = test::web_socket;

using asio_websocket = test::websocket_test;
using asio_websocket_close = test::websocket_test;
INSTANTIATE_TEST_SUITE_P(over, asio_websocket, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_websocket_close, test::all_transports, test::name_of);

// --- messages ---

TEST_P(asio_websocket, echoes_text_and_binary_messages_of_any_size) {
    for (const bool deflate : {false, true}) {
        with_websockets(
            [](socket& client, socket& server) {
                auto serving = spawn([&] { echo(server); });
                for (const std::size_t size : {0, 1, 125, 126, 65'535, 65'536, 1'000'000}) {
                    const std::string message = pattern(size);
                    client.binary(true);
                    write_message(client, message);
                    EXPECT_EQ(read_message(client), message);
                    EXPECT_TRUE(client.got_binary());
                }
                client.text(true);
                write_message(client, "Schuß und Kette");
                EXPECT_EQ(read_message(client), "Schuß und Kette");
                EXPECT_TRUE(client.got_text());
                client.close(websocket::close_code::normal);
                serving.get();
            },
            {}, deflate);
    }
}

TEST_P(asio_websocket, joins_a_message_that_comes_in_fragments) {
    with_websockets([](socket& client, socket& server) {
        auto reader = spawn([&] { return read_message(server); });
        for (const char* piece : {"warp ", "and ", "weft"}) {
            client.write_some(false, asio::buffer(piece, std::strlen(piece)));
            test::yield_times(3);
            EXPECT_FALSE(reader.done());
        }
        client.write_some(true, asio::const_buffer{});
        EXPECT_EQ(reader.get(), "warp and weft");
    });
}

TEST_P(asio_websocket, one_unfragmented_message_may_be_large) {
    with_websockets([](socket& client, socket& server) {
        client.auto_fragment(false);
        server.auto_fragment(false);
        client.binary(true);
        auto serving = spawn([&] { echo(server); });
        const std::string message = pattern(3'000'000);
        auto writer = spawn([&] { write_message(client, message); });
        EXPECT_EQ(read_message(client), message);
        writer.get();
        client.close({});
        serving.get();
    });
}

TEST_P(asio_websocket, comes_out_of_a_request_that_was_read_as_http) {
    weft::run([] {
        test::stream_pair pair = connect();
        socket client(std::move(pair.near));
        asio_stream plain(std::move(pair.far));
        auto serving = spawn([&] {
            flat_buffer buffer;
            http::request<http::string_body> asked;
            http::read(plain, buffer, asked);
            ASSERT_TRUE(websocket::is_upgrade(asked));
            EXPECT_EQ(asked.target(), "/chat");
            socket server(std::move(plain));
            server.accept(asked);
            echo(server);
        });
        client.handshake("localhost", "/chat");
        write_message(client, "hello");
        EXPECT_EQ(read_message(client), "hello");
        client.close({});
        serving.get();
    });
}

TEST_P(asio_websocket, answers_pings_while_it_reads) {
    with_websockets([](socket& client, socket& server) {
        std::vector<std::string> seen;
        const auto note = [&](websocket::frame_type kind, boost::beast::string_view text) {
            seen.push_back((kind == websocket::frame_type::pong ? "pong " : "other ") +
                           std::string(text));
        };
        client.control_callback(note);
        auto serving = spawn([&] { echo(server); });
        client.ping("are you there?");
        write_message(client, "message");
        EXPECT_EQ(read_message(client), "message");
        EXPECT_EQ(seen, std::vector<std::string>{"pong are you there?"});
        client.close({});
        serving.get();
    });
}

TEST_P(asio_websocket, refuses_a_message_that_is_too_large) {
    with_websockets([](socket& client, socket& server) {
        server.read_message_max(1'000);
        auto reader = spawn([&] { return code_of([&] { read_message(server); }); });
        write_message(client, std::string(1'001, 'x'));
        EXPECT_EQ(code_of([&] { read_message(client); }), websocket::error::closed);
        EXPECT_EQ(client.reason().code, websocket::close_code::too_big);
        EXPECT_EQ(reader.get(), websocket::error::message_too_big);
    });
}

// --- the end ---

TEST_P(asio_websocket_close, by_the_client_or_the_server_tells_the_other_why) {
    for (const bool by_server : {false, true}) {
        with_websockets([&](socket& client, socket& server) {
            socket& first = by_server ? server : client;
            socket& second = by_server ? client : server;
            auto other = spawn([&] { return code_of([&] { read_message(second); }); });
            first.close({websocket::close_code::going_away, "good night"});
            EXPECT_EQ(other.get(), websocket::error::closed);
            EXPECT_EQ(second.reason().code, websocket::close_code::going_away);
            EXPECT_EQ(second.reason().reason, "good night");
            EXPECT_FALSE(first.is_open());
            EXPECT_FALSE(second.is_open());
            EXPECT_FALSE(first.next_layer().is_open());
            EXPECT_FALSE(second.next_layer().is_open());
        });
    }
}

TEST_P(asio_websocket_close, reads_over_what_the_peer_was_still_sending) {
    with_websockets([](socket& client, socket& server) {
        write_message(server, "nobody will read this");
        auto other = spawn([&] { return code_of([&] { read_message(server); }); });
        client.close({});
        EXPECT_EQ(other.get(), websocket::error::closed);
    });
}

TEST_P(asio_websocket_close, of_the_connection_alone_is_eof) {
    for (const char* sent : {"", "\x82\x7e", "\x82\x05half"}) {
        with_websockets([&](socket& client, socket& server) {
            put(server.next_layer().get_stream(), sent);
            server.next_layer().close();
            EXPECT_EQ(code_of([&] { read_message(client); }), asio::error::eof);
        });
    }
}

class asio_websocket_tcp : public test::websocket_test {};
INSTANTIATE_TEST_SUITE_P(over, asio_websocket_tcp, testing::Values(test::transport::tcp),
                         test::name_of);

TEST_P(asio_websocket_tcp, of_a_reset_connection_is_a_reset) {
    with_websockets([](socket& client, socket& server) {
        test::reset_on_close(server.next_layer().get_stream().native_handle());
        server.next_layer().close();
        EXPECT_EQ(code_of([&] { read_message(client); }), asio::error::connection_reset);
    });
}

TEST_P(asio_websocket_close, is_what_a_peer_gets_that_breaks_the_protocol) {
    with_websockets([](socket& client, socket& server) {
        put(server.next_layer().get_stream(), std::string(20, '\xff'));
        auto peer = spawn([&] { return code_of([&] { read_message(server); }); });
        const error_code error = code_of([&] { read_message(client); });
        EXPECT_EQ(error, websocket::condition::protocol_violation) << error.message();
        EXPECT_EQ(peer.get(), websocket::error::closed);
        EXPECT_EQ(server.reason().code, websocket::close_code::protocol_error);
    });
}

TEST_P(asio_websocket_close, of_a_client_that_does_not_speak_websocket) {
    weft::run([] {
        test::stream_pair pair = connect();
        socket server(std::move(pair.far));
        put(pair.near, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(code_of([&] { server.accept(); }), websocket::error::no_connection);
        server.next_layer().close();
        EXPECT_EQ(pair.near.read_line(), "HTTP/1.1 400 Bad Request\r\n");
    });
}

} // namespace
} // namespace weft
