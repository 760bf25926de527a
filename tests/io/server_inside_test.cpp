// SPDX-License-Identifier: BSL-1.0
//
// What a handler may do to the server that has called it.
#include "tests/support/api_settle.hpp"
#include "tests/support/net_servers.hpp"
#include "tests/support/net_streams.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::connect_to;
using test::end_of;
using test::in_virtual_time;
using test::settle;
using server_inside = test::net_test;

TEST_F(server_inside, a_handler_may_close_it) {
    in_virtual_time([] {
        server s = start_server(
            [&](stream peer) {
                s.close();
                peer.write("closed");
            },
            "127.0.0.1", 0);
        stream client = connect_to(s);
        s.serve_forever();
        EXPECT_EQ(client.read_all(), "closed");
    });
}

TEST_F(server_inside, a_handler_may_destroy_it_and_goes_on) {
    in_virtual_time([] {
        std::unique_ptr<server> s;
        bool other_ended = false;
        s = std::make_unique<server>(start_server(
            [&](stream peer) {
                const test::at_scope_end note([&] { other_ended = true; });
                if (peer.read(1) == "d") {
                    other_ended = false;
                    s.reset();
                    EXPECT_TRUE(other_ended) << "the others are waited for";
                    peer.write("destroyed");
                } else {
                    sleep_for(1h);
                }
            },
            "127.0.0.1", 0));
        stream other = connect_to(*s);
        other.write("o");
        stream client = connect_to(*s);
        settle();
        client.write("d");
        EXPECT_EQ(client.read_all(), "destroyed");
        EXPECT_EQ(other.read_all(), "");
        settle();
    });
}

TEST_F(server_inside, a_handler_must_not_wait_for_its_own_end) {
    in_virtual_time([] {
        std::string wait;
        std::string forever;
        server s = start_server(
            [&](const stream&) {
                wait = end_of([&] { s.wait_closed(); });
                forever = end_of([&] { s.serve_forever(); });
                s.close();
            },
            "127.0.0.1", 0);
        const stream client = connect_to(s);
        s.wait_closed();
        EXPECT_EQ(wait.find("error: weft::server::wait_closed: a handler of this server"), 0U);
        EXPECT_EQ(forever.find("error: weft::server::serve_forever: a handler of this server"), 0U);
    });
}

TEST_F(server_inside, a_handler_may_end_the_other_clients) {
    in_virtual_time([] {
        server s = start_server(
            [&](stream peer) {
                if (peer.read(1) == "e") {
                    s.close_clients();
                    sleep_for(1s); // it is not cancelled itself
                    peer.write("ended");
                } else {
                    sleep_for(1h);
                }
            },
            "127.0.0.1", 0);
        stream other = connect_to(s);
        other.write("o");
        stream client = connect_to(s);
        client.write("e");
        EXPECT_EQ(other.read_all(), "");
        EXPECT_EQ(client.read_all(), "ended");
        EXPECT_TRUE(s.is_serving());
    });
}

TEST_F(server_inside, a_handler_may_start_another_server) {
    in_virtual_time([] {
        const server outer = start_server(
            [](stream peer) {
                const server inner =
                    start_server([](stream other) { other.write("inner"); }, "127.0.0.1", 0);
                peer.write(connect_to(inner).read_all());
            },
            "127.0.0.1", 0);
        EXPECT_EQ(connect_to(outer).read_all(), "inner");
    });
}

TEST_F(server_inside, a_handler_may_keep_the_stream_beyond_its_end) {
    in_virtual_time([] {
        queue<stream> kept;
        const server s =
            start_server([&](stream peer) { kept.put(std::move(peer)); }, "127.0.0.1", 0);
        stream client = connect_to(s);
        stream peer = kept.get();
        settle();
        EXPECT_EQ(s.connections(), 0U);
        peer.write("x");
        EXPECT_EQ(client.read(1), "x");
    });
}

} // namespace
} // namespace weft
