// SPDX-License-Identifier: BSL-1.0
//
// An HTTP/1.1 server: Boost.Beast reads and writes the messages, weft gives each connection a task.
// Keep-alive, pipelined requests, chunked bodies both ways, limits of size and of time, and an end
// on SIGTERM or Ctrl-C that lets the answers that are under way finish. Needs Boost's headers.
//
//     26_http_server [PORT [IDLE]] [--tls CERTIFICATE KEY]
//
// PORT 0, the default, is any free one; IDLE are the seconds to wait for the next request.
//
//     curl http://127.0.0.1:8080/numbers; curl --data warp http://127.0.0.1:8080/echo
#include <weft/asio.hpp>
#include <weft/weft.hpp>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t most_header = 8 * 1024;
constexpr std::uint64_t most_body = 1024 * 1024;
constexpr std::size_t most_connections = 10'000;
constexpr auto transfer_time = 60s; // for a body, or for an answer
constexpr auto goodbye_time = 2s;   // for the peer to close, too
constexpr auto shutdown_time = 10s;

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;
using parser = http::request_parser<http::string_body>;

response text(http::status status, std::string body) {
    response answer(status, 11, std::move(body));
    answer.set(http::field::server, "weft");
    answer.set(http::field::content_type, "text/plain");
    return answer;
}

// What this server is for. Whatever blocks here blocks this connection only.
response answer_to(const request& asked) {
    const bool reads = asked.method() == http::verb::get || asked.method() == http::verb::head;
    if (asked.target() == "/" && reads) {
        return text(http::status::ok, "Hello from weft\n");
    }
    if (asked.target() == "/slow" && reads) {
        weft::sleep_for(500ms); // asks a database, say
        return text(http::status::ok, "at last\n");
    }
    if (asked.target() == "/echo" && asked.method() == http::verb::post) {
        return text(http::status::ok, asked.body());
    }
    return text(http::status::not_found, "not found\n");
}

// The category of what is wrong with a message, not with the connection.
const boost::system::error_category& http_errors() {
    return make_error_code(http::error::bad_method).category();
}

http::status status_for(const boost::system::error_code& error) {
    if (error == http::error::header_limit) {
        return http::status::request_header_fields_too_large;
    }
    return error == http::error::body_limit ? http::status::payload_too_large
                                            : http::status::bad_request;
}

// What all connections share.
class service {
  public:
    // Seconds for the next request to come, its header complete.
    std::chrono::duration<double> idle_time = 30s;

    // Ends the connections that are idle now, and each other one after its answer.
    void stop() {
        stopping_ = true;
        for (weft::asio_stream* peer : idle_) {
            peer->close(); // its reader learns of it when it has its turn
        }
    }
    bool stopping() const { return stopping_; }

    // Says that a connection waits for a request; null: it does not.
    class idle_mark {
      public:
        idle_mark(service& s, weft::asio_stream* peer) : service_(s), peer_(peer) {
            if (peer_ != nullptr) {
                service_.idle_.insert(peer_);
            }
        }
        ~idle_mark() { service_.idle_.erase(peer_); }

      private:
        service& service_;
        weft::asio_stream* peer_;
    };

  private:
    bool stopping_ = false;
    std::set<weft::asio_stream*> idle_;
};

class connection {
  public:
    connection(weft::stream from, service& shared) : peer_(std::move(from)), shared_(shared) {}

    void serve() {
        try {
            while (answer_one()) {
            }
            say_goodbye();
        } catch (const boost::system::system_error&) {
            // The peer has gone.
        } catch (const weft::timeout_error&) {
            // It takes no answer, or does not close.
        }
    }

  private:
    // False when there is to be no other.
    bool answer_one() {
        parser asked;
        asked.header_limit(most_header);
        asked.body_limit(most_body);
        try {
            read_header(asked);
            read_body(asked);
        } catch (const weft::timeout_error&) {
            return began(asked) && send(text(http::status::request_timeout, "too slow\n"));
        } catch (const boost::system::system_error& e) {
            if (e.code() == http::error::end_of_stream || e.code().category() != http_errors()) {
                return false; // it has gone, or what it speaks is not TLS
            }
            return send(text(status_for(e.code()), e.code().message() + "\n"));
        }
        const bool head_only = asked.get().method() == http::verb::head;
        const bool keep = asked.get().keep_alive();
        if (asked.get().target() == "/numbers" && !head_only) {
            return send_numbers(asked.get().version(), keep);
        }
        return send(answer_to(asked.get()), keep, head_only);
    }

    bool began(const parser& asked) const { return asked.got_some() || buffer_.size() > 0; }

    void read_header(parser& into) {
        const service::idle_mark mark(shared_, buffer_.size() == 0 ? &peer_ : nullptr);
        weft::with_timeout(shared_.idle_time, [&] { http::read_header(peer_, buffer_, into); });
    }

    void read_body(parser& into) {
        weft::with_timeout(transfer_time, [&] {
            if (boost::beast::iequals(into.get()[http::field::expect], "100-continue")) {
                http::write(peer_, http::response<http::empty_body>(http::status::continue_, 11));
            }
            http::read(peer_, buffer_, into);
        });
    }

    bool send(response answer, bool keep = false, bool head_only = false) {
        keep = keep && !shared_.stopping();
        answer.keep_alive(keep);
        answer.prepare_payload();
        http::response_serializer<http::string_body> serializer(answer);
        weft::with_timeout(transfer_time, [&] {
            head_only ? http::write_header(peer_, serializer) : http::write(peer_, serializer);
        });
        return keep;
    }

    // An answer whose length nobody knows before: each piece leaves as a chunk as soon as it is
    // there; for HTTP/1.0, as it is, and the end of the connection ends it.
    bool send_numbers(unsigned version, bool keep) {
        const bool chunked = version >= 11;
        keep = keep && chunked && !shared_.stopping();
        http::response<http::empty_body> head(http::status::ok, version);
        head.set(http::field::content_type, "text/plain");
        head.chunked(chunked);
        head.keep_alive(keep);
        http::response_serializer<http::empty_body> serializer(head);
        weft::with_timeout(transfer_time, [&] {
            http::write_header(peer_, serializer);
            for (int i = 1; i <= 5; ++i) {
                weft::sleep_for(10ms);
                const std::string line = std::to_string(i) + "\n";
                chunked ? asio::write(peer_, http::make_chunk(asio::buffer(line)))
                        : asio::write(peer_, asio::buffer(line));
            }
            if (chunked) {
                asio::write(peer_, http::make_chunk_last());
            }
        });
        return keep;
    }

    // Closing at once, while the peer is still sending, would reset the connection, and the reset
    // overtake our last answer.
    void say_goodbye() {
        weft::with_timeout(goodbye_time, [&] {
            boost::system::error_code ignored;
            teardown(boost::beast::role_type::server, peer_, ignored);
        });
    }

    weft::asio_stream peer_;
    boost::beast::flat_buffer buffer_; // what has come; perhaps the next requests already
    service& shared_;
};

} // namespace

int main(int argc, char** argv) try {
    std::vector<std::string> words(argv + 1, argv + argc);
    std::optional<weft::tls_context> tls;
    if (const auto at = std::find(words.begin(), words.end(), "--tls"); words.end() - at >= 3) {
        tls = weft::tls_context::server(at[1], at[2]);
        words.erase(at, at + 3);
    }
    const auto port = static_cast<std::uint16_t>(!words.empty() ? std::stoi(words[0]) : 0);

    weft::run([&] {
        service shared;
        if (words.size() > 1) {
            shared.idle_time = std::chrono::duration<double>(std::stod(words[1]));
        }
        // With TLS, the handshake is part of a connection's first read, within its time.
        weft::server server = weft::start_server(
            [&shared](weft::stream peer) { connection(std::move(peer), shared).serve(); },
            "127.0.0.1", port, {.max_connections = most_connections, .tls = tls ? &*tls : nullptr});
        std::cout << "listening on " << (tls ? "https://" : "http://")
                  << server.local_endpoint().to_string() << std::endl;

        weft::wait_signal({SIGINT, SIGTERM});
        server.close();
        shared.stop();
        std::cout << "stopping, " << server.connections() << " connections" << std::endl;
        try {
            weft::with_timeout(shutdown_time, [&] { server.wait_closed(); });
        } catch (const weft::timeout_error&) {
            std::cout << "not waiting for " << server.connections() << " of them" << std::endl;
        }
    });
} catch (const std::exception& e) {
    std::cerr << e.what() << "\nusage: 26_http_server [PORT [IDLE]] [--tls CERTIFICATE KEY]\n";
    return 2;
}
