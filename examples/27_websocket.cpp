// SPDX-License-Identifier: BSL-1.0
//
// A WebSocket echo server and a client, with Boost.Beast. A client that has said nothing for a
// while is asked by a ping whether it is there; one that does not answer is dropped. Needs Boost's
// headers.
//
//     27_websocket                           server and two clients, in virtual time
//     27_websocket serve [PORT]
//     27_websocket send HOST PORT TEXT...
#include <weft/asio.hpp>
#include <weft/weft.hpp>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using web_socket = websocket::stream<weft::asio_stream>;
using namespace std::chrono_literals;

namespace {

constexpr auto ping_time = 30s;
constexpr auto silence_time = 2 * ping_time; // without a message and without a pong: it is gone
constexpr auto closing_time = 10s;
constexpr std::size_t most_message = 64 * 1024;

// --- the server ---

class session {
  public:
    explicit session(weft::stream from) : socket_(std::move(from)) {
        socket_.read_message_max(most_message);
    }

    void serve() {
        try {
            weft::with_timeout(silence_time, [this](weft::timeout_scope& limit) { echo(limit); });
        } catch (const weft::timeout_error&) {
            std::cout << "a client is silent, dropped\n";
        } catch (const boost::system::system_error& e) {
            if (e.code() != websocket::error::closed) {
                std::cout << "a client is lost: " << e.code().message() << "\n";
            }
        } catch (const weft::cancelled&) {
            say_goodbye(); // the server is stopping
            throw;
        }
    }

  private:
    // Until the client closes, or the limit comes, which whatever is heard of it puts off.
    void echo(weft::timeout_scope& limit) {
        const auto heard = [&limit] {
            limit.reschedule(weft::running_loop().time() + silence_time);
        };
        socket_.control_callback([heard](auto...) { heard(); });
        socket_.accept();
        // One task may write while another reads.
        const auto pinging = weft::spawn([this] {
            for (boost::system::error_code gone; !gone;) {
                weft::sleep_for(ping_time);
                socket_.ping({}, gone);
            }
        });
        boost::beast::flat_buffer buffer;
        for (;;) {
            socket_.read(buffer);
            heard();
            socket_.text(socket_.got_text());
            socket_.write(buffer.data());
            buffer.clear();
        }
    }

    void say_goodbye() noexcept {
        try {
            weft::with_timeout(closing_time,
                               [&] { socket_.close(websocket::close_code::going_away); });
        } catch (...) {
            // It has not answered in time, or is gone already.
        }
    }

    web_socket socket_;
};

weft::server start(std::uint16_t port) {
    return weft::start_server([](weft::stream peer) { session(std::move(peer)).serve(); },
                              "127.0.0.1", port);
}

void serve(std::uint16_t port) {
    const weft::server server = start(port); // at the end of the scope: cancelled and waited for
    std::cout << "listening on ws://" << server.local_endpoint().to_string() << std::endl;
    weft::wait_signal({SIGINT, SIGTERM});
}

// --- the client ---

class client {
  public:
    client(const std::string& host, std::uint16_t port)
        : socket_(weft::open_connection(host, port)) {
        socket_.handshake(host + ":" + std::to_string(port), "/");
    }

    std::string ask(std::string_view text) {
        socket_.write(asio::buffer(text.data(), text.size()));
        return read();
    }
    std::string read() {
        boost::beast::flat_buffer buffer;
        socket_.read(buffer); // answers pings, too
        return boost::beast::buffers_to_string(buffer.data());
    }
    void close() { socket_.close(websocket::close_code::normal); }

  private:
    web_socket socket_;
};

void demonstrate() {
    const weft::server server = start(0);
    const std::uint16_t port = server.local_endpoint().port();

    client lively("127.0.0.1", port);
    std::cout << lively.ask("warp") << "\n" << lively.ask("weft") << "\n";
    try {
        weft::with_timeout(5min, [&] { lively.read(); });
    } catch (const weft::timeout_error&) {
        std::cout << lively.ask("still here") << "\n";
    }
    lively.close();

    client asleep("127.0.0.1", port);
    weft::sleep_for(5min); // and reads no pings
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    const auto port_at = [&](int i) {
        return static_cast<std::uint16_t>(i < argc ? std::atoi(argv[i]) : 0);
    };
    if (what == "serve") {
        weft::run([&] { serve(port_at(2)); });
    } else if (what == "send" && argc > 3) {
        weft::run([&] {
            client c(argv[2], port_at(3));
            for (int i = 4; i < argc; ++i) {
                std::cout << c.ask(argv[i]) << "\n";
            }
            c.close();
        });
    } else {
        weft::run({.virtual_time = true}, demonstrate);
    }
}
