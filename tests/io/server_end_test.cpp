// SPDX-License-Identifier: BSL-1.0
//
// The ends of a server: closed, cancelled, destroyed or moved, by whomever and while whatever is
// going on.
#include "tests/support/api_settle.hpp"
#include "tests/support/net_servers.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::connect_to;
using test::echo;
using test::end_of;
using test::error_of;
using test::in_virtual_time;
using test::settle;
using server_close = test::net_test;
using server_wait = test::net_test;
using server_forever = test::net_test;
using server_destroyed = test::net_test;

// A client whose handler has begun.
stream served_client(const server& s) {
    stream client = connect_to(s);
    client.write("x");
    EXPECT_EQ(client.read(1), "x");
    return client;
}

// --- close ---

TEST_F(server_close, refuses_who_comes_after_and_lets_the_handlers_go_on) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        const std::uint16_t port = s.local_endpoint().port();
        stream client = served_client(s);
        s.close();
        EXPECT_FALSE(s.is_serving());
        EXPECT_EQ(error_of([&] { static_cast<void>(s.local_endpoint()); }), EBADF);
        EXPECT_EQ(error_of([&] { open_connection("127.0.0.1", port); }), ECONNREFUSED);
        client.write("y");
        EXPECT_EQ(client.read(1), "y");
        EXPECT_EQ(s.connections(), 1U);
        s.close();
    });
}

TEST_F(server_close, at_once_after_the_start) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        s.close();
        s.wait_closed();
        s.serve_forever();
        EXPECT_EQ(all_tasks().size(), 1U);
    });
}

TEST_F(server_close, of_the_clients_ends_their_handlers_and_not_the_server) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        stream first = served_client(s);
        s.close_clients();
        EXPECT_EQ(first.read_all(), "");
        EXPECT_EQ(s.connections(), 0U);
        const stream second = served_client(s);
        s.close();
        s.close_clients();
        s.wait_closed();
    });
}

TEST_F(server_close, of_one_that_was_never_started_does_nothing) {
    server s;
    EXPECT_FALSE(s.is_serving());
    EXPECT_EQ(s.connections(), 0U);
    s.close();
    s.close_clients();
    s.wait_closed();
    s.serve_forever();
    EXPECT_EQ(error_of([&] { static_cast<void>(s.local_endpoint()); }), EBADF);
}

// --- waiting for the end ---

TEST_F(server_wait, ends_when_it_is_closed_and_the_last_handler_has_ended) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        std::vector<stream> clients;
        clients.push_back(served_client(s));
        clients.push_back(served_client(s));
        task<void> waiter = spawn([&] { s.wait_closed(); });
        clients.pop_back();
        settle();
        EXPECT_FALSE(waiter.done());
        s.close();
        settle();
        EXPECT_FALSE(waiter.done());
        clients.pop_back();
        waiter.get();
    });
}

TEST_F(server_wait, that_is_cancelled_is_the_only_one_that_ends) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        std::optional<stream> client = served_client(s);
        task<void> first = spawn([&] { s.wait_closed(); });
        task<void> second = spawn([&] { s.wait_closed(); });
        settle();
        first.cancel();
        first.wait();
        EXPECT_TRUE(first.cancelled());
        EXPECT_TRUE(s.is_serving());
        s.close();
        settle();
        EXPECT_FALSE(second.done());
        client.reset();
        second.get();
    });
}

TEST_F(server_wait, may_be_cancelled_in_the_turn_in_which_it_would_end) {
    in_virtual_time([] {
        for (const bool cancel_first : {true, false}) {
            server s = start_server(echo, "127.0.0.1", 0);
            task<std::string> waiter = spawn([&] { return end_of([&] { s.wait_closed(); }); });
            settle();
            if (cancel_first) {
                waiter.cancel();
            }
            s.close();
            if (!cancel_first) {
                waiter.cancel();
            }
            EXPECT_EQ(waiter.get(), "cancelled");
            s.wait_closed();
        }
    });
}

// --- serve_forever ---

TEST_F(server_forever, returns_when_the_server_is_closed_and_its_handlers_have_ended) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        std::optional<stream> client = served_client(s);
        task<void> serving = spawn([&] { s.serve_forever(); });
        sleep_for(1h);
        s.close();
        settle();
        EXPECT_FALSE(serving.done());
        client.reset();
        serving.get();
    });
}

TEST_F(server_forever, cancelled_closes_and_waits_for_the_handlers) {
    in_virtual_time([] {
        server s = start_server(
            [](stream peer) {
                peer.read(1);
                sleep_for(1min);
                peer.write("in peace");
            },
            "127.0.0.1", 0);
        stream client = connect_to(s);
        client.write("x");
        task<std::string> serving = spawn([&] { return end_of([&] { s.serve_forever(); }); });
        sleep_for(1s);
        serving.cancel("enough");
        settle();
        EXPECT_FALSE(s.is_serving());
        EXPECT_FALSE(serving.done());
        EXPECT_EQ(client.read_all(), "in peace");
        EXPECT_EQ(serving.get(), "cancelled: enough");
    });
}

TEST_F(server_forever, cancelled_twice_leaves_the_handlers_to_the_server) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        stream client = served_client(s);
        task<std::string> serving = spawn([&] { return end_of([&] { s.serve_forever(); }); });
        settle();
        serving.cancel();
        settle();
        serving.cancel();
        EXPECT_EQ(serving.get(), "cancelled");
        EXPECT_EQ(s.connections(), 1U);
        client.write("y");
        EXPECT_EQ(client.read(1), "y");
    });
}

TEST_F(server_forever, under_a_time_limit) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        EXPECT_THROW(with_timeout(1h, [&] { s.serve_forever(); }), timeout_error);
        EXPECT_FALSE(s.is_serving());
    });
}

TEST_F(server_forever, goes_on_when_the_server_is_moved) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        task<void> serving = spawn([&] { s.serve_forever(); });
        settle();
        server moved = std::move(s);
        EXPECT_FALSE(s.is_serving());
        served_client(moved);
        moved.close();
        serving.get();
    });
}

// --- destroyed ---

TEST_F(server_destroyed, cancels_its_handlers_and_waits_for_them) {
    in_virtual_time([] {
        bool cleaned_up = false;
        std::optional<server> s = start_server(
            [&](stream peer) {
                try {
                    echo(std::move(peer));
                } catch (const cancelled&) {
                    sleep_for(1min);
                    cleaned_up = true;
                    throw;
                }
            },
            "127.0.0.1", 0);
        const stream client = served_client(*s);
        s.reset();
        EXPECT_TRUE(cleaned_up);
        EXPECT_EQ(all_tasks().size(), 1U);
    });
}

TEST_F(server_destroyed, waits_for_a_handler_that_refuses_to_end_as_long_as_it_takes) {
    in_virtual_time([] {
        int refusals = 0;
        std::optional<server> s = start_server(
            [&](stream peer) {
                peer.write("x");
                for (; refusals < 100; ++refusals) {
                    try {
                        sleep_for(1h);
                    } catch (const cancelled&) {
                    }
                }
            },
            "127.0.0.1", 0);
        stream client = connect_to(*s);
        EXPECT_EQ(client.read(1), "x");
        s.reset();
        EXPECT_EQ(refusals, 100);
    });
}

TEST_F(server_destroyed, before_anything_has_run) {
    in_virtual_time([] {
        { const server s = start_server(echo, "127.0.0.1", 0); }
        EXPECT_EQ(all_tasks().size(), 1U);
    });
}

TEST_F(server_destroyed, before_the_handler_of_a_connection_has_begun) {
    for (int turns = 0; turns < 10; ++turns) {
        in_virtual_time([&] {
            std::optional<server> s = start_server(echo, "127.0.0.1", 0);
            stream client = connect_to(*s);
            test::yield_times(turns);
            s.reset();
            const std::string end = end_of([&] { EXPECT_EQ(client.read_all(), ""); });
            EXPECT_TRUE(end == "value" || end.find("reset") != std::string::npos) << end;
        });
    }
}

TEST_F(server_destroyed, while_its_owner_is_being_cancelled) {
    in_virtual_time([] {
        task<void> owner = spawn([] {
            const server s = start_server(echo, "127.0.0.1", 0);
            const stream client = served_client(s);
            sleep_for(1h);
        });
        sleep_for(1s);
        owner.cancel();
        owner.wait();
        EXPECT_TRUE(owner.cancelled());
    });
}

TEST_F(server_destroyed, by_another_that_takes_its_place) {
    in_virtual_time([] {
        server s = start_server(echo, "127.0.0.1", 0);
        stream client = served_client(s);
        s = start_server(echo, "127.0.0.1", 0);
        EXPECT_EQ(client.read_all(), "");
        served_client(s);
        server& same = s;
        s = std::move(same);
        served_client(s);
    });
}

TEST_F(server_destroyed, in_a_callback_leaves_the_handlers_to_the_loop) {
    in_virtual_time([] {
        auto s = std::make_unique<server>(start_server(echo, "127.0.0.1", 0));
        stream client = served_client(*s);
        running_loop().call_soon([&] { s.reset(); });
        EXPECT_EQ(client.read_all(), "");
        settle();
    });
}

TEST_F(server_destroyed, after_its_loop_has_ended) {
    std::optional<server> s;
    std::optional<stream> client;
    weft::run([&] {
        s = start_server(echo, "127.0.0.1", 0);
        client = served_client(*s);
    });
    EXPECT_FALSE(s->is_serving());
    EXPECT_EQ(s->connections(), 0U);
    s.reset();
    client.reset();
}

} // namespace
} // namespace weft
