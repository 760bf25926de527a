// SPDX-License-Identifier: BSL-1.0
//
// A cancel in each of a WebSocket's calls, and a WebSocket that one task reads and another writes.
#include "tests/support/api_settle.hpp"
#include "tests/support/asio_websockets.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace weft {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::beast::flat_buffer;
using boost::system::error_code;
using test::code_of;
using test::echo;
using test::end_of;
using test::fill_up;
using test::pattern;
using test::put;
using test::read_message;
using test::write_message;
using socket = test::web_socket;

using asio_websocket_cancel = test::websocket_test;
using asio_websocket_sharing = test::websocket_test;
INSTANTIATE_TEST_SUITE_P(over, asio_websocket_cancel, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_websocket_sharing, test::all_transports, test::name_of);

// A cancel when the client has read everything that came: for a peer's first bytes, and the rest.
template <class F>
void cut_at_every_byte(std::string_view frames, F&& check) {
    for (std::size_t n = 0; n < frames.size(); ++n) {
        SCOPED_TRACE("cancelled after " + std::to_string(n) + " bytes");
        check(frames.substr(0, n), frames.substr(n));
    }
}

TEST_P(asio_websocket_cancel, of_a_read_between_messages_loses_nothing) {
    // A ping, a pong, and "weft", unmasked as from a server.
    const std::string frames("\x89\x02pi\x8a\x00\x82\x04weft", 12);
    cut_at_every_byte(std::string_view(frames).substr(0, 6), [&](auto before, auto) {
        with_websockets(
            [&](socket& client, socket& server) {
                stream& peer = server.next_layer().get_stream();
                flat_buffer buffer;
                auto reader = spawn([&] { client.read(buffer); });
                put(peer, before);
                test::settle();
                reader.cancel();
                EXPECT_THROW(reader.get(), cancelled);
                put(peer, std::string_view(frames).substr(before.size()));
                EXPECT_EQ(read_message(client), "weft");
            },
            {.virtual_time = true});
    });
}

TEST_P(asio_websocket_cancel, of_a_read_in_a_message_leaves_what_can_be_closed) {
    // "warp weft" in two fragments with a ping between them.
    const std::string frames("\x01\x05warp \x89\x01p\x80\x04weft", 16);
    cut_at_every_byte(frames, [&](auto before, auto after) {
        with_websockets(
            [&](socket& client, socket& server) {
                stream& peer = server.next_layer().get_stream();
                flat_buffer buffer;
                auto reader = spawn([&] { client.read(buffer); });
                put(peer, before);
                test::settle();
                reader.cancel();
                EXPECT_THROW(reader.get(), cancelled);
                put(peer, after);
                auto answering = spawn([&] { return code_of([&] { read_message(server); }); });
                client.close({});
                EXPECT_EQ(answering.get(), websocket::error::closed);
            },
            {.virtual_time = true});
    });
}

TEST_P(asio_websocket_cancel, by_an_idle_timeout_leaves_it_usable) {
    with_websockets(
        [](socket& client, socket& server) {
            EXPECT_THROW(with_timeout(std::chrono::minutes(1), [&] { read_message(server); }),
                         timeout_error);
            bool alive = false;
            server.control_callback([&](websocket::frame_type kind, boost::beast::string_view) {
                alive |= kind == websocket::frame_type::pong;
            });
            server.ping({});
            auto other = spawn([&] { echo(client); });
            write_message(server, "still there");
            EXPECT_EQ(read_message(server), "still there");
            EXPECT_TRUE(alive);
            server.close({});
            other.get();
        },
        {.virtual_time = true});
}

// More than any kernel takes in the end.
const std::vector<std::uint64_t>& what_no_deflate_makes_small() {
    static const std::vector<std::uint64_t> random = [] {
        std::vector<std::uint64_t> numbers(20'000'000 / sizeof(std::uint64_t));
        std::generate(numbers.begin(), numbers.end(), std::mt19937_64());
        return numbers;
    }();
    return random;
}

TEST_P(asio_websocket_cancel, of_a_write_leaves_what_can_be_destroyed) {
    for (const bool deflate : {false, true}) {
        with_websockets(
            [](socket& client, socket& server) {
                for (socket* s : {&client, &server}) {
                    auto writer = spawn([&] {
                        s->binary(true);
                        error_code error;
                        fill_up(s->next_layer().get_stream());
                        s->write(asio::buffer(what_no_deflate_makes_small()), error);
                    });
                    test::yield_times(5);
                    EXPECT_FALSE(writer.done());
                    writer.cancel();
                    EXPECT_THROW(writer.get(), cancelled);
                }
            },
            {}, deflate);
    }
}

TEST_P(asio_websocket_cancel, of_the_handshakes_leaves_what_can_be_destroyed) {
    for (const int way : {0, 1}) {
        weft::run([&] {
            test::stream_pair pair = connect();
            auto shaking = spawn([&] {
                socket s(std::move(pair.near));
                way == 0 ? s.handshake("localhost", "/") : s.accept();
            });
            test::yield_times(3);
            EXPECT_FALSE(shaking.done());
            shaking.cancel();
            EXPECT_THROW(shaking.get(), cancelled);
        });
    }
}

TEST_P(asio_websocket_cancel, of_a_close_whose_answer_does_not_come) {
    with_websockets(
        [](socket& client, socket&) {
            EXPECT_THROW(with_timeout(std::chrono::seconds(5), [&] { client.close({}); }),
                         timeout_error);
        },
        {.virtual_time = true});
}

TEST_P(asio_websocket_cancel, of_a_close_that_waits_for_the_end_of_the_connection) {
    with_websockets(
        [](socket& client, socket& server) {
            put(client.next_layer().get_stream(), std::string("\x88\x80\0\0\0\0", 6));
            // The client has said goodbye, and then it does not end the connection.
            EXPECT_THROW(with_timeout(std::chrono::seconds(5), [&] { read_message(server); }),
                         timeout_error);
        },
        {.virtual_time = true});
}

// --- several tasks at one WebSocket ---

TEST_P(asio_websocket_sharing, one_task_reads_and_answers_pings_while_another_waits_to_write) {
    for (const bool deflate : {false, true}) {
        with_websockets(
            [](socket& client, socket& server) {
                const std::string much = pattern(3'000'000);
                std::vector<task<void>> writers;
                for (socket* s : {&client, &server}) {
                    s->binary(true);
                    writers.push_back(spawn([&much, &client, s] {
                        for (int i = 0; i < 3; ++i) {
                            write_message(*s, much);
                            if (s == &client) {
                                s->ping("still there?"); // while the server is in the middle
                            }
                            yield();
                        }
                    }));
                }
                test::yield_times(10);
                std::vector<task<void>> readers;
                for (socket* s : {&client, &server}) {
                    readers.push_back(spawn([&much, s] {
                        for (int i = 0; i < 3; ++i) {
                            EXPECT_EQ(read_message(*s), much);
                        }
                    }));
                }
                for (auto& writer : writers) {
                    writer.get();
                }
                for (auto& reader : readers) {
                    reader.get();
                }
            },
            {}, deflate);
    }
}

TEST_P(asio_websocket_sharing, a_close_from_the_peer_ends_a_task_that_writes) {
    with_websockets([](socket& client, socket& server) {
        fill_up(server.next_layer().get_stream());
        auto writer = spawn([&] {
            server.binary(true);
            return code_of([&] {
                for (;;) {
                    write_message(server, pattern(100'000));
                }
            });
        });
        auto reader = spawn([&] { return code_of([&] { read_message(server); }); });
        test::yield_times(5);
        EXPECT_FALSE(writer.done());
        // Not read by the WebSocket, which would not like what fills the way.
        put(client.next_layer().get_stream(), std::string("\x88\x80\0\0\0\0", 6));
        client.next_layer().get_stream().shutdown_write();
        auto drain = spawn([&] { client.next_layer().get_stream().read_all(); });
        EXPECT_EQ(reader.get(), websocket::error::closed);
        // It waits for its turn while the connection ends, or looks after that.
        const error_code end = writer.get();
        EXPECT_TRUE(end == asio::error::broken_pipe || end == asio::error::operation_aborted)
            << end.message();
        drain.get();
    });
}

} // namespace
} // namespace weft
