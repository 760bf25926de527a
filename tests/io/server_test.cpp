// SPDX-License-Identifier: BSL-1.0
//
// start_server(): who is served, how many at once, and what becomes of errors.
#include "tests/support/api_stderr.hpp"
#include "tests/support/net_resolver.hpp"
#include "tests/support/net_servers.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
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
using server_serves = test::net_test;
using server_limit = test::net_test;
using server_errors = test::net_test;

std::string asked(stream& s, std::string_view text) {
    s.write(text);
    return s.read_exactly(text.size());
}

// --- serving ---

TEST_F(server_serves, each_connection_in_a_task_of_its_own) {
    weft::run([] {
        std::set<std::uint64_t> tasks;
        const server s = start_server(
            [&](stream peer) {
                tasks.insert(current_task().id());
                echo(std::move(peer));
            },
            "127.0.0.1", 0);
        std::vector<stream> clients;
        for (int i = 0; i < 5; ++i) {
            clients.push_back(connect_to(s));
        }
        for (stream& client : clients) {
            EXPECT_EQ(asked(client, "weft"), "weft");
        }
        EXPECT_EQ(tasks.size(), 5U);
        EXPECT_EQ(s.connections(), 5U);
        EXPECT_TRUE(s.is_serving());
    });
}

TEST_F(server_serves, from_its_start_on_without_being_asked_to) {
    weft::run([] {
        const server s = start_server(echo, "127.0.0.1", 0);
        EXPECT_NE(s.local_endpoint().port(), 0);
        EXPECT_EQ(s.local_endpoints().size(), 1U);
        stream client = connect_to(s);
        EXPECT_EQ(asked(client, "x"), "x");
    });
}

TEST_F(server_serves, one_client_after_another) {
    weft::run([] {
        server s = start_server(echo, "127.0.0.1", 0);
        for (int i = 0; i < 20; ++i) {
            stream client = connect_to(s);
            EXPECT_EQ(asked(client, "x"), "x");
            client.close();
        }
        s.close();
        s.wait_closed();
        EXPECT_EQ(s.connections(), 0U);
    });
}

TEST_F(server_serves, the_addresses_of_a_name) {
    test::made_up_names names;
    names.add("both.test", {"127.0.0.1", "::1"});
    weft::run([] {
        const server s = start_server(echo, "both.test", 0);
        EXPECT_EQ(s.local_endpoints().size(), 2U);
        for (const char* address : {"127.0.0.1", "::1"}) {
            stream client = open_connection(address, s.local_endpoint().port());
            EXPECT_EQ(asked(client, "x"), "x");
        }
    });
}

TEST_F(server_serves, on_a_unix_socket) {
    using namespace std::string_literals;
    weft::run([] {
        const std::string name = "\0weft-server-test"s + std::to_string(::getpid());
        const server s = start_unix_server(echo, name);
        stream client = open_unix_connection(name);
        EXPECT_EQ(asked(client, "x"), "x");
        EXPECT_EQ(s.local_endpoint(), endpoint::unix_socket(name));
    });
}

TEST_F(server_serves, by_one_handler_that_need_not_be_copyable_and_ends_with_the_last_task) {
    test::live_count live;
    weft::run([&] {
        {
            int served = 0;
            server s = start_server(
                [&served, captured = std::make_unique<int>(7),
                 alive = live.make()](stream peer) mutable {
                    served += *captured;
                    echo(std::move(peer));
                },
                "127.0.0.1", 0);
            EXPECT_EQ(live.alive(), 1);
            stream a = connect_to(s);
            stream b = connect_to(s);
            asked(a, "x");
            asked(b, "x");
            EXPECT_EQ(served, 14);
            s.close();
            sleep_for(50us);
            EXPECT_EQ(live.alive(), 1) << "its calls go on";
        }
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(server_serves, others_while_one_client_is_silent) {
    weft::run([] {
        const server s = start_server(echo, "127.0.0.1", 0);
        const stream silent = connect_to(s);
        stream client = connect_to(s);
        EXPECT_EQ(asked(client, "x"), "x");
    });
}

TEST_F(server_serves, nobody_where_it_cannot_listen) {
    weft::run([] {
        const server first = start_server(echo, "127.0.0.1", 0);
        EXPECT_EQ(error_of([&] {
                      const server second =
                          start_server(echo, "127.0.0.1", first.local_endpoint().port());
                  }),
                  EADDRINUSE);
        EXPECT_EQ(all_tasks().size(), 2U); // this one and the first's
    });
    EXPECT_THROW(static_cast<void>(start_server(echo, "127.0.0.1", 0)), no_running_loop);
}

// --- how many at once ---

TEST_F(server_limit, makes_the_next_ones_wait_in_the_backlog) {
    in_virtual_time([] {
        listen_options options;
        options.max_connections = 2;
        std::size_t most = 0;
        const server s = start_server(
            [&](stream peer) {
                most = std::max(most, s.connections());
                echo(std::move(peer));
            },
            "127.0.0.1", 0, options);
        std::vector<stream> clients;
        for (int i = 0; i < 4; ++i) {
            clients.push_back(connect_to(s));
            clients.back().write(std::to_string(i));
        }
        sleep_for(1s);
        EXPECT_EQ(s.connections(), 2U);
        EXPECT_EQ(clients[0].read(1), "0");
        EXPECT_EQ(clients[1].read(1), "1");
        clients[1].close();
        EXPECT_EQ(clients[2].read(1), "2");
        EXPECT_EQ(s.connections(), 2U);
        clients[0].close();
        EXPECT_EQ(clients[3].read(1), "3");
        EXPECT_EQ(most, 2U);
    });
}

TEST_F(server_limit, does_not_keep_it_from_being_closed) {
    in_virtual_time([] {
        listen_options options;
        options.max_connections = 1;
        server s = start_server(echo, "127.0.0.1", 0, options);
        stream served = connect_to(s);
        const stream waiting = connect_to(s);
        asked(served, "x");
        s.close();
        served.close();
        s.wait_closed();
    });
}

TEST_F(server_limit, ends_with_the_server) {
    in_virtual_time([] {
        listen_options options;
        options.max_connections = 1;
        server s = start_server(echo, "127.0.0.1", 0, options);
        stream served = connect_to(s);
        stream waiting = connect_to(s);
        asked(served, "x");
        s = server();
        EXPECT_EQ(served.read_all(), "");
        EXPECT_EQ(all_tasks().size(), 1U);
    });
}

// --- errors ---

struct told {
    std::string message;
    std::string error;
    bool with_task;
};

// Collects what the loop's exception handler is told.
std::vector<told> errors_while(const std::function<void(server&)>& use,
                               std::function<void(stream)> handler) {
    std::vector<told> all;
    weft::run([&] {
        running_loop().set_exception_handler([&](const exception_context& c) {
            all.push_back({std::string(c.message),
                           end_of([&] { std::rethrow_exception(c.exception); }),
                           c.task.has_value()});
        });
        server s = start_server(handler, "127.0.0.1", 0);
        use(s);
        s.close();
        s.wait_closed();
    });
    return all;
}

TEST_F(server_errors, of_a_handler_close_its_connection_and_are_reported) {
    const auto errors = errors_while(
        [](server& s) {
            stream failing = connect_to(s);
            stream other = connect_to(s);
            other.write("a");
            failing.write("b");
            EXPECT_EQ(failing.read_all(), "");
            other.write("a");
            other.shutdown_write();
            EXPECT_EQ(other.read_all(), "aa");
        },
        [](stream peer) {
            for (std::string text; !(text = peer.read(1)).empty();) {
                if (text == "b") {
                    throw std::runtime_error("it was b");
                }
                peer.write(text);
            }
        });
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].message, "a connection's handler has failed");
    EXPECT_EQ(errors[0].error, "error: it was b");
    EXPECT_TRUE(errors[0].with_task);
}

TEST_F(server_errors, of_any_type_are_reported) {
    const auto errors =
        errors_while([](server& s) { connect_to(s).read_all(); }, [](const stream&) { throw 42; });
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].error, "other");
}

TEST_F(server_errors, that_say_the_peer_has_gone_are_not_reported) {
    EXPECT_TRUE(errors_while(
                    [](server& s) {
                        stream client = connect_to(s);
                        asked(client, "x");
                        test::reset_on_close(client.native_handle());
                    },
                    echo)
                    .empty());
    EXPECT_TRUE(
        errors_while([](server& s) { connect_to(s).read_all(); },
                     [](const stream&) { throw std::system_error(EPIPE, std::system_category()); })
            .empty());
}

TEST_F(server_errors, of_the_system_that_are_the_programs_affair_are_reported) {
    const auto errors = errors_while(
        [](server& s) { connect_to(s).read_all(); },
        [](const stream&) { throw std::system_error(ENOSPC, std::system_category()); });
    EXPECT_EQ(errors.size(), 1U);
}

TEST_F(server_errors, do_not_include_being_cancelled) {
    EXPECT_TRUE(errors_while(
                    [](server& s) {
                        stream client = connect_to(s);
                        asked(client, "x");
                        s.close_clients();
                        EXPECT_EQ(client.read_all(), "");
                    },
                    echo)
                    .empty());
}

TEST_F(server_errors, go_to_stderr_where_the_program_has_no_handler) {
    const test::stderr_lines reports;
    weft::run([] {
        const server s =
            start_server([](const stream&) { throw std::runtime_error("odd"); }, "127.0.0.1", 0);
        connect_to(s).read_all();
    });
    const auto lines = reports.lines();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].find("weft: a connection's handler has failed: task 'task-"), 0U)
        << lines[0];
    EXPECT_NE(lines[0].find("std::runtime_error: odd"), std::string::npos) << lines[0];
}

} // namespace
} // namespace weft
