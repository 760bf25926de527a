// SPDX-License-Identifier: BSL-1.0
//
// Listening and accepting: addresses and their errors, connections in their order, and the ways in
// which an accept() ends without one.
#include "tests/support/net_streams.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace weft {
namespace {

using test::end_of;
using test::error_of;
using test::text_of;
using listener_address = test::net_test;
using listener_accept = test::net_test;
using listener_close = test::net_test;

static_assert(!std::is_copy_constructible_v<listener>);
static_assert(std::is_nothrow_move_constructible_v<listener>);
static_assert(std::is_nothrow_move_assignable_v<listener>);

std::uint16_t port_of(const listener& l) {
    return l.local_endpoint().port();
}

stream connect_to(const listener& l) {
    return open_connection("127.0.0.1", port_of(l));
}

// --- addresses ---

TEST_F(listener_address, port_0_is_any_free_port) {
    weft::run([] {
        const listener a("127.0.0.1", 0);
        const listener b("127.0.0.1", 0);
        EXPECT_NE(port_of(a), 0);
        EXPECT_NE(port_of(a), port_of(b));
        EXPECT_EQ(a.local_endpoint().address(), "127.0.0.1");
    });
}

TEST_F(listener_address, in_use_is_an_error_that_names_it) {
    weft::run([] {
        const listener first("127.0.0.1", 0);
        const std::string address = first.local_endpoint().to_string();
        EXPECT_EQ(error_of([&] { listener("127.0.0.1", port_of(first)); }), EADDRINUSE);
        const std::string text =
            text_of<std::system_error>([&] { listener("127.0.0.1", port_of(first)); });
        EXPECT_EQ(text.find("weft::listener: " + address + ": "), 0U) << text;
    });
}

TEST_F(listener_address, is_free_again_at_once) {
    weft::run([] {
        std::optional<listener> first(std::in_place, "127.0.0.1", std::uint16_t{0});
        const std::uint16_t port = port_of(*first);
        {
            stream near = connect_to(*first);
            stream far = first->accept();
            far.close(); // this end waits out the connection's last packets
            near.read_all();
        }
        first.reset();
        const listener second("127.0.0.1", port);
        EXPECT_EQ(port_of(second), port);
    });
}

TEST_F(listener_address, of_another_machine_is_an_error_that_names_it) {
    weft::run([] {
        EXPECT_EQ(error_of([&] { listener("192.0.2.1", 0); }), EADDRNOTAVAIL);
        EXPECT_NE(text_of<std::system_error>([&] { listener("192.0.2.1", 0); }).find("192.0.2.1"),
                  std::string::npos);
    });
}

TEST_F(listener_address, that_is_empty_means_all_of_them) {
    weft::run([] {
        listener l("", 0);
        for (const char* address : {"127.0.0.1", "::1"}) {
            const stream near = open_connection(address, port_of(l));
            const stream far = l.accept();
            EXPECT_EQ(near.remote_endpoint().address(), address);
        }
    });
}

TEST_F(listener_address, can_be_shared_when_all_agree) {
    weft::run([] {
        listen_options shared;
        shared.reuse_port = true;
        const listener first("127.0.0.1", 0, shared);
        const listener second("127.0.0.1", port_of(first), shared);
        EXPECT_EQ(first.local_endpoint(), second.local_endpoint());
        EXPECT_EQ(error_of([&] { listener("127.0.0.1", port_of(first)); }), EADDRINUSE);
    });
}

// --- accepting ---

TEST_F(listener_accept, waits_for_a_connection) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        task<stream> accepter = spawn([&] { return l.accept(); });
        test::yield_times(5);
        EXPECT_FALSE(accepter.done());
        stream near = connect_to(l);
        stream far = accepter.get();
        near.write("x");
        EXPECT_EQ(far.read(1), "x");
    });
}

TEST_F(listener_accept, takes_connections_in_their_order) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        std::vector<stream> clients;
        for (int i = 0; i < 10; ++i) {
            clients.push_back(connect_to(l));
        }
        for (const stream& client : clients) {
            EXPECT_EQ(l.accept().remote_endpoint(), client.local_endpoint());
        }
    });
}

TEST_F(listener_accept, costs_no_turn_when_a_connection_waits) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        const stream near = connect_to(l);
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        const stream far = l.accept();
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(listener_accept, by_several_tasks_gives_each_connection_to_one) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        std::vector<task<stream>> accepters;
        for (int i = 0; i < 5; ++i) {
            accepters.push_back(spawn([&] { return l.accept(); }));
        }
        test::yield_times(2);
        std::vector<stream> clients;
        for (int i = 0; i < 5; ++i) {
            clients.push_back(connect_to(l));
            clients.back().write(std::to_string(i));
        }
        std::string received;
        for (auto& accepter : accepters) {
            received += accepter.get().read(1);
        }
        std::sort(received.begin(), received.end());
        EXPECT_EQ(received, "01234");
    });
}

TEST_F(listener_accept, of_a_connection_that_was_reset_meanwhile_does_no_harm) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        {
            const stream gone = connect_to(l);
            test::reset_on_close(gone.native_handle());
        }
        stream near = connect_to(l);
        near.write("alive");
        stream accepted = l.accept();
        if (end_of([&] { EXPECT_EQ(accepted.read(10), "alive"); }) != "value") {
            EXPECT_EQ(l.accept().read(10), "alive"); // the first one was the one that is gone
        }
    });
}

TEST_F(listener_accept, that_is_cancelled_leaves_the_connection_to_the_next) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        task<std::string> accepter = spawn([&] { return end_of([&] { l.accept(); }); });
        test::yield_times(3);
        const stream near = connect_to(l); // it has been told, or will be: the cancel wins
        accepter.cancel();
        const std::string end = accepter.get();
        if (end == "cancelled") {
            EXPECT_EQ(l.accept().remote_endpoint(), near.local_endpoint());
        } else {
            EXPECT_EQ(end, "value"); // it had resumed while we connected
        }
    });
}

TEST_F(listener_accept, that_is_cancelled_while_nobody_comes) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        for (int i = 0; i < 3; ++i) {
            task<std::string> accepter = spawn([&] { return end_of([&] { l.accept(); }); });
            test::yield_times(3);
            accepter.cancel();
            EXPECT_EQ(accepter.get(), "cancelled");
        }
        const stream near = connect_to(l);
        EXPECT_EQ(l.accept().remote_endpoint(), near.local_endpoint());
    });
}

// --- the end of listening ---

TEST_F(listener_close, wakes_who_waits_with_an_error) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        task<std::string> accepter = spawn([&] { return end_of([&] { l.accept(); }); });
        task<int> another = spawn([&] { return error_of([&] { l.accept(); }); });
        sleep_for(std::chrono::microseconds(50));
        l.close();
        const std::string end = accepter.get();
        EXPECT_EQ(end.find("error: weft::listener::accept: closed while waiting"), 0U) << end;
        EXPECT_EQ(another.get(), EBADF);
    });
}

TEST_F(listener_close, by_its_destructor_wakes_too) {
    weft::run([] {
        auto l = std::make_unique<listener>("127.0.0.1", std::uint16_t{0});
        task<int> accepter = spawn([&l = *l] { return error_of([&] { l.accept(); }); });
        test::yield_times(3);
        l.reset();
        EXPECT_EQ(accepter.get(), EBADF);
    });
}

TEST_F(listener_close, refuses_those_who_come_after_and_leaves_those_accepted) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        const std::uint16_t port = port_of(l);
        stream near = connect_to(l);
        stream far = l.accept();
        l.close();
        EXPECT_EQ(error_of([&] { open_connection("127.0.0.1", port); }), ECONNREFUSED);
        near.write("x");
        EXPECT_EQ(far.read(1), "x");
    });
}

void expect_closed(listener& l) {
    EXPECT_EQ(l.native_handle(), -1);
    const std::string text = text_of<std::system_error>([&] { l.accept(); });
    EXPECT_EQ(text.find("weft::listener::accept: it is closed"), 0U) << text;
    EXPECT_EQ(error_of([&] { static_cast<void>(l.local_endpoint()); }), EBADF);
    l.close();
}

TEST_F(listener_close, shows_in_every_call) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        l.close();
        expect_closed(l);
        listener moved_from("127.0.0.1", 0);
        const listener taken = std::move(moved_from);
        expect_closed(moved_from);
    });
}

TEST_F(listener_close, moving_hands_the_listening_over) {
    weft::run([] {
        listener a("127.0.0.1", 0);
        listener b("127.0.0.1", 0);
        const std::uint16_t port = port_of(a);
        const int gone = b.native_handle();
        b = std::move(a);
        EXPECT_LT(::fcntl(gone, F_GETFD), 0);
        EXPECT_EQ(port_of(b), port);
        listener& same = b;
        b = std::move(same);
        EXPECT_EQ(port_of(b), port);
        const stream near = connect_to(b);
        b.accept();
    });
}

} // namespace
} // namespace weft
