// SPDX-License-Identifier: BSL-1.0
//
// Boost.Beast's HTTP/1.1 over asio_stream, client and server, and what happens when one side stops
// in the middle.
#include "tests/support/api_settle.hpp"
#include "tests/support/asio_streams.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace weft {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::flat_buffer;
using boost::system::error_code;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;
using test::code_of;
using test::end_of;
using test::pattern;
using test::put;

using asio_http = test::asio_test;
using asio_http_end = test::asio_test;
using asio_http_limits = test::asio_test;
using asio_http_cancel = test::asio_test;
INSTANTIATE_TEST_SUITE_P(over, asio_http, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_http_end, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_http_limits, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_http_cancel, test::all_transports, test::name_of);

request get(std::string_view target) {
    return request(http::verb::get, {target.data(), target.size()}, 11);
}

request post(std::string_view target, std::string body) {
    request r(http::verb::post, {target.data(), target.size()}, 11, std::move(body));
    r.prepare_payload();
    return r;
}

// Answers each request with its target and its body, until the client says that it was the last.
void serve(asio_stream& s) {
    flat_buffer buffer;
    for (;;) {
        request asked;
        error_code error;
        http::read(s, buffer, asked, error);
        if (error == http::error::end_of_stream) {
            return;
        }
        ASSERT_FALSE(error) << error.message();
        response answer(http::status::ok, asked.version());
        answer.set(http::field::content_type, "text/plain");
        answer.body() = std::string(asked.target()) + " " + asked.body();
        answer.keep_alive(asked.keep_alive());
        answer.prepare_payload();
        http::write(s, answer);
        if (!answer.keep_alive()) {
            return;
        }
    }
}

struct client {
    explicit client(asio_stream& s) : stream(s) {}
    response read() {
        response answer;
        http::read(stream, buffer, answer);
        return answer;
    }
    std::string ask(const request& r) {
        http::write(stream, r);
        return read().body();
    }

    asio_stream& stream;
    flat_buffer buffer;
};

TEST_P(asio_http, answers_many_requests_on_one_connection) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        auto server = spawn([&] { serve(far); });
        client c(near);
        for (int i = 0; i < 20; ++i) {
            const std::string target = "/" + std::to_string(i);
            EXPECT_EQ(c.ask(get(target)), target + " ");
            EXPECT_EQ(c.ask(post(target, "body")), target + " body");
        }
        request last = get("/last");
        last.keep_alive(false);
        EXPECT_EQ(c.ask(last), "/last ");
        server.get();
    });
}

TEST_P(asio_http, answers_pipelined_requests_in_order) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        auto server = spawn([&] { serve(far); });
        std::string all;
        for (int i = 0; i < 50; ++i) {
            all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
        }
        asio::write(near, asio::buffer(all));
        client c(near);
        for (int i = 0; i < 50; ++i) {
            EXPECT_EQ(c.read().body(), "/" + std::to_string(i) + " ");
        }
        near.close();
        server.get();
    });
}

TEST_P(asio_http, reads_a_request_that_comes_byte_by_byte) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        auto server = spawn([&] { serve(far); });
        for (const char c : std::string_view("POST /slow HTTP/1.1\r\nContent-Length: 5\r\n"
                                             "Connection: close\r\n\r\nbytes")) {
            near.write_some(asio::buffer(&c, 1));
            test::yield_times(2);
        }
        EXPECT_EQ(client(near).read().body(), "/slow bytes");
        server.get();
    });
}

TEST_P(asio_http, reads_and_writes_chunked_bodies) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        auto server = spawn([&] { serve(far); });
        request r(http::verb::post, "/chunks", 11);
        r.chunked(true);
        http::request_serializer<http::string_body> serializer(r);
        http::write_header(near, serializer);
        const std::string body = pattern(100'000);
        for (std::size_t at = 0; at < body.size(); at += 9'999) {
            const std::string piece = body.substr(at, 9'999);
            asio::write(near, http::make_chunk(asio::buffer(piece)));
        }
        asio::write(near, http::make_chunk_last());
        client c(near);
        EXPECT_EQ(c.read().body(), "/chunks " + body);
        near.close();
        server.get();
    });
}

TEST_P(asio_http, carries_large_bodies_both_ways) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        const std::string body = pattern(6'000'000);
        auto server = spawn([&] {
            flat_buffer buffer;
            http::request_parser<http::string_body> parser;
            parser.body_limit(10'000'000);
            http::read(far, buffer, parser);
            response answer(http::status::ok, 11, parser.get().body());
            answer.prepare_payload();
            http::write(far, answer);
        });
        http::write(near, post("/", body));
        flat_buffer buffer;
        http::response_parser<http::string_body> parser;
        parser.body_limit(10'000'000);
        http::read(near, buffer, parser);
        EXPECT_EQ(parser.get().body(), body);
        server.get();
    });
}

TEST_P(asio_http, lets_the_client_wait_for_100_continue) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        auto server = spawn([&] {
            flat_buffer buffer;
            http::request_parser<http::string_body> parser;
            http::read_header(far, buffer, parser);
            EXPECT_EQ(parser.get()[http::field::expect], "100-continue");
            http::write(far, http::response<http::empty_body>(http::status::continue_, 11));
            http::read(far, buffer, parser);
            EXPECT_EQ(parser.get().body(), "now");
        });
        request r = post("/", "now");
        r.set(http::field::expect, "100-continue");
        http::request_serializer<http::string_body> serializer(r);
        http::write_header(near, serializer);
        EXPECT_EQ(client(near).read().result(), http::status::continue_);
        http::write(near, serializer);
        server.get();
    });
}

// --- the end of the stream ---

// The error that reading `text`, and then the end, ends with.
error_code end_after(std::string_view text, asio_stream& near, asio_stream& far) {
    put(near.get_stream(), text);
    near.close();
    flat_buffer buffer;
    request asked;
    error_code error;
    http::read(far, buffer, asked, error);
    return error;
}

TEST_P(asio_http_end, between_messages_is_end_of_stream) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        EXPECT_EQ(end_after("", near, far), http::error::end_of_stream);
    });
}

TEST_P(asio_http_end, in_the_header_is_a_partial_message) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        EXPECT_EQ(end_after("GET / HTTP/1.1\r\nHo", near, far), http::error::partial_message);
    });
}

TEST_P(asio_http_end, in_the_body_is_a_partial_message) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        EXPECT_EQ(end_after("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf", near, far),
                  http::error::partial_message);
    });
}

TEST_P(asio_http_end, ends_a_response_that_has_no_length) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        put(far.get_stream(), "HTTP/1.0 200 OK\r\n\r\nall of it");
        far.close();
        EXPECT_EQ(client(near).read().body(), "all of it");
    });
}

class asio_http_tcp : public test::net_test {};

TEST_F(asio_http_tcp, a_reset_in_the_middle_is_a_reset) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        asio_stream far(std::move(pair.far));
        put(pair.near, "GET / HT");
        flat_buffer buffer;
        auto reader = spawn([&] {
            request asked;
            return code_of([&] { http::read(far, buffer, asked); });
        });
        while (buffer.size() == 0) {
            yield();
        }
        test::reset_on_close(pair.near.native_handle());
        pair.near.close();
        EXPECT_EQ(reader.get(), asio::error::connection_reset);
    });
}

// --- limits ---

TEST_P(asio_http_limits, of_the_header_and_the_body_hold) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        put(near.get_stream(), "POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n");
        flat_buffer buffer;
        http::request_parser<http::string_body> small_body;
        small_body.body_limit(99);
        error_code error;
        http::read(far, buffer, small_body, error);
        EXPECT_EQ(error, http::error::body_limit);
    });
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        const std::string much = "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x');
        put(near.get_stream(), much);
        flat_buffer buffer;
        http::request_parser<http::empty_body> parser;
        parser.header_limit(8'000);
        error_code error;
        http::read_header(far, buffer, parser, error);
        EXPECT_EQ(error, http::error::header_limit);
    });
}

TEST_P(asio_http_limits, of_time_end_a_read_of_a_silent_peer) {
    with_asio_streams(
        [](asio_stream& near, asio_stream& far) {
            put(near.get_stream(), "GET / HTTP/1.1\r\n");
            flat_buffer buffer;
            request asked;
            EXPECT_THROW(
                with_timeout(std::chrono::seconds(30), [&] { http::read(far, buffer, asked); }),
                timeout_error);
        },
        {.virtual_time = true});
}

class asio_http_packets : public test::net_test {};

TEST_F(asio_http_packets, a_message_goes_in_one_system_call) {
    weft::run([] {
        test::stream_pair pair = test::connect_packets();
        asio_stream near(std::move(pair.near));
        request r = post("/target", "body");
        for (int i = 0; i < 10; ++i) {
            r.insert("x-" + std::to_string(i), "value");
        }
        http::write(near, r);
        const std::string packet = test::read_some(pair.far, 4096);
        EXPECT_EQ(packet.substr(0, 21), "POST /target HTTP/1.1");
        EXPECT_EQ(packet.substr(packet.size() - 8), "\r\n\r\nbody");
    });
}

// --- cancel ---

TEST_P(asio_http_cancel, at_every_byte_of_a_request_loses_none) {
    const std::string text = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "5\r\nwarp \r\n4\r\nweft\r\n0\r\n\r\n";
    with_asio_streams(
        [&](asio_stream& near, asio_stream& far) {
            flat_buffer buffer;
            http::request_parser<http::string_body> parser;
            for (const char& c : text) {
                auto reader =
                    spawn([&] { return end_of([&] { http::read(far, buffer, parser); }); });
                test::settle(); // until it has read the byte before
                EXPECT_FALSE(reader.done());
                const bool last = &c == &text.back();
                const bool cancel_first = (&c - text.data()) % 2 == 0;
                if (!last && cancel_first) {
                    reader.cancel();
                }
                put(near.get_stream(), {&c, 1});
                if (!last) { // in the turn in which the byte comes
                    reader.cancel();
                }
                EXPECT_EQ(reader.get(), last ? "value" : "cancelled");
            }
            EXPECT_TRUE(parser.is_done());
            EXPECT_EQ(parser.get().target(), "/x");
            EXPECT_EQ(parser.get().body(), "warp weft");
        },
        {.virtual_time = true});
}

TEST_P(asio_http_cancel, of_a_message_read_and_of_a_write_leave_what_can_be_destroyed) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        put(near.get_stream(), "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf");
        auto reader = spawn([&] {
            flat_buffer buffer;
            request asked;
            error_code error;
            http::read(far, buffer, asked, error);
        });
        auto writer = spawn([&] {
            response answer(http::status::ok, 11, pattern(20'000'000));
            answer.prepare_payload();
            error_code error;
            http::write(far, answer, error);
        });
        test::yield_times(5);
        reader.cancel();
        writer.cancel();
        EXPECT_THROW(reader.get(), cancelled);
        EXPECT_THROW(writer.get(), cancelled);
    });
}

TEST_P(asio_http_cancel, comes_to_a_server_that_waits_for_the_next_request) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        auto server = spawn([&] { serve(far); });
        client c(near);
        EXPECT_EQ(c.ask(get("/1")), "/1 ");
        server.cancel();
        EXPECT_THROW(server.get(), cancelled);
        far.close();
        EXPECT_EQ(code_of([&] { c.read(); }), http::error::end_of_stream);
    });
}

} // namespace
} // namespace weft
