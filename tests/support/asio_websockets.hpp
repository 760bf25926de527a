// SPDX-License-Identifier: BSL-1.0
//
// Two of Boost.Beast's WebSockets that have shaken hands over asio_streams.
#pragma once

#include "tests/support/asio_streams.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace weft::test {

namespace websocket = boost::beast::websocket;
using web_socket = websocket::stream<asio_stream>;

class websocket_test : public stream_test {
  protected:
    // Runs body(client, server) in a task, on two WebSockets that have shaken hands, and checks
    // that no other task is left by it.
    template <class F>
    static void with_websockets(F body, run_options options = {}, bool deflate = false) {
        weft::run(options, [&] {
            stream_pair pair = connect();
            web_socket client(std::move(pair.near));
            web_socket server(std::move(pair.far));
            websocket::permessage_deflate compression;
            compression.client_enable = compression.server_enable = deflate;
            client.set_option(compression);
            server.set_option(compression);
            auto accepted = spawn([&] { server.accept(); });
            client.handshake("localhost", "/");
            accepted.get();
            body(client, server);
            EXPECT_EQ(all_tasks().size(), 1U) << "the test left a task";
        });
    }
};
inline std::string read_message(web_socket& s) {
    boost::beast::flat_buffer buffer;
    s.read(buffer);
    return boost::beast::buffers_to_string(buffer.data());
}

inline void write_message(web_socket& s, std::string_view text) {
    s.write(boost::asio::buffer(text.data(), text.size()));
}

// Sends back what comes, until the other side closes.
inline void echo(web_socket& s) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    while (s.read(buffer, error), !error) {
        s.text(s.got_text());
        s.write(buffer.data());
        buffer.consume(buffer.size());
    }
    EXPECT_EQ(error, websocket::error::closed);
}

} // namespace weft::test
