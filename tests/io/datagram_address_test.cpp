// SPDX-License-Identifier: BSL-1.0
//
// Where datagram sockets are and to whom they send: addresses, names, groups and paths.
#include "tests/support/api_settle.hpp"
#include "tests/support/net_resolver.hpp"
#include "tests/support/net_shortage.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <netdb.h>

namespace weft {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::end_of;
using test::error_of;
using test::in_virtual_time;
using test::made_up_names;
using test::settle;
using datagram_bind = test::net_test;
using datagram_connect = test::net_test;
using datagram_multicast = test::net_test;
using datagram_unix = test::net_test;

datagram_socket bound(const std::string& host = "127.0.0.1") {
    datagram_socket s;
    s.bind(host, 0);
    return s;
}

// --- bind ---

TEST_F(datagram_bind, to_all_addresses_knows_ipv4_senders_as_such) {
    weft::run([] {
        datagram_socket all = bound("");
        datagram_socket v4 = bound("127.0.0.1");
        datagram_socket v6 = bound("::1");
        const std::uint16_t port = all.local_endpoint().port();
        v4.send_to("by 4", endpoint("127.0.0.1", port));
        v6.send_to("by 6", endpoint("::1", port));
        for (int i = 0; i < 2; ++i) {
            const auto [text, sender] = all.receive_from();
            EXPECT_EQ(sender, text == "by 4" ? v4.local_endpoint() : v6.local_endpoint());
            all.send_to("answer", sender);
        }
        EXPECT_EQ(v4.receive(), "answer");
        EXPECT_EQ(v6.receive(), "answer");
    });
}

TEST_F(datagram_bind, to_a_name_takes_its_first_address_that_is_ours) {
    made_up_names names;
    names.add("some.test", {"2001:db8::1", "198.51.100.1", "127.0.0.2", "127.0.0.1"});
    names.add("none.test", {"198.51.100.1"});
    names.add_failure("nowhere.test", EAI_NONAME);
    weft::run([] {
        EXPECT_EQ(bound("some.test").local_endpoint().address(), "127.0.0.2");
        EXPECT_EQ(error_of([] { bound("none.test"); }), EADDRNOTAVAIL);
        EXPECT_EQ(end_of([] { bound("nowhere.test"); }),
                  std::string("error: weft::datagram_socket::bind: nowhere.test: ") +
                      ::gai_strerror(EAI_NONAME));
    });
}

TEST_F(datagram_bind, to_a_port_that_is_taken_is_an_error_unless_both_share) {
    weft::run([] {
        const datagram_socket first = bound();
        const std::uint16_t port = first.local_endpoint().port();
        datagram_socket second;
        EXPECT_EQ(end_of([&] { second.bind("127.0.0.1", port); }),
                  "error: weft::datagram_socket::bind: 127.0.0.1:" + std::to_string(port) +
                      ": Address already in use");
        EXPECT_EQ(second.native_handle(), -1);
        datagram_options shared;
        shared.reuse_port = true;
        datagram_socket a;
        datagram_socket b;
        a.bind("127.0.0.1", 0, shared);
        b.bind("127.0.0.1", a.local_endpoint().port(), shared);
        datagram_socket c;
        EXPECT_EQ(error_of([&] { c.bind("", port); }), EADDRINUSE);
        EXPECT_EQ(c.native_handle(), -1);
    });
}

TEST_F(datagram_bind, twice_is_the_systems_error) {
    weft::run([] {
        datagram_socket s = bound();
        EXPECT_EQ(error_of([&] { s.bind("127.0.0.1", 0); }), EINVAL);
        EXPECT_EQ(error_of([&] { s.bind("", 0); }), EINVAL);
        s.send_to("still open", s.local_endpoint());
        EXPECT_EQ(s.receive(), "still open");
    });
}

TEST_F(datagram_bind, without_descriptors) {
    weft::run([] {
        const test::descriptor_shortage shortage;
        EXPECT_EQ(error_of([] { bound(); }), EMFILE);
    });
}

// --- connect ---

TEST_F(datagram_connect, sends_to_and_receives_from_one_peer_only) {
    weft::run([] {
        datagram_socket server = bound();
        datagram_socket client;
        client.connect("127.0.0.1", server.local_endpoint().port());
        EXPECT_EQ(client.remote_endpoint(), server.local_endpoint());
        EXPECT_EQ(client.send("ping"), 4U);
        const auto [text, sender] = server.receive_from();
        EXPECT_EQ(sender, client.local_endpoint());
        datagram_socket stranger = bound();
        stranger.send_to("not for you", client.local_endpoint());
        server.send_to("pong", sender);
        EXPECT_EQ(client.receive(), "pong");
    });
}

TEST_F(datagram_connect, tells_once_that_nobody_received_and_goes_on) {
    weft::run([] {
        std::optional<datagram_socket> server = bound();
        const endpoint where = server->local_endpoint();
        datagram_socket client;
        client.connect(where);
        server.reset();
        client.send("is anybody there?");
        EXPECT_EQ(error_of([&] { client.receive(); }), ECONNREFUSED);
        client.send("and now?");
        EXPECT_EQ(error_of([&] { client.send("really?"); }), ECONNREFUSED);
        server.emplace();
        server->bind(where);
        client.send("hello");
        EXPECT_EQ(server->receive(), "hello");
    });
}

TEST_F(datagram_connect, takes_the_first_address_of_a_name_to_which_there_is_a_way) {
    made_up_names names;
    names.add("both.test", {"::1", "127.0.0.1"});
    weft::run([] {
        datagram_socket server = bound();
        const std::uint16_t port = server.local_endpoint().port();
        datagram_socket by_name;
        by_name.connect("both.test", port);
        EXPECT_EQ(by_name.remote_endpoint().address(), "::1"); // nothing was sent, nobody refused
        datagram_socket v4 = bound();
        v4.connect("both.test", port);
        EXPECT_EQ(v4.remote_endpoint().address(), "127.0.0.1");
        v4.send("x");
        EXPECT_EQ(server.receive(), "x");
    });
}

TEST_F(datagram_connect, is_needed_for_send) {
    weft::run([] {
        datagram_socket s = bound();
        EXPECT_EQ(error_of([&] { s.send("x"); }), EDESTADDRREQ);
        EXPECT_EQ(error_of([&] { static_cast<void>(s.remote_endpoint()); }), ENOTCONN);
    });
}

// --- groups ---

TEST_F(datagram_multicast, reaches_all_who_have_joined) {
    weft::run([] {
        const std::string group = "239.255.71.3";
        datagram_options shared;
        shared.reuse_address = true;
        datagram_socket a;
        datagram_socket b;
        a.bind("0.0.0.0", 0, shared);
        b.bind("0.0.0.0", a.local_endpoint().port(), shared);
        a.join_multicast(group, "lo");
        b.join_multicast(group, "lo");
        datagram_socket sender = bound("0.0.0.0");
        sender.set_multicast_interface("lo");
        sender.set_multicast_hops(1);
        sender.send_to("to all", endpoint(group, a.local_endpoint().port()));
        EXPECT_EQ(a.receive(), "to all");
        EXPECT_EQ(b.receive(), "to all");
        b.leave_multicast(group, "lo");
        a.leave_multicast(group, "lo");
        EXPECT_EQ(error_of([&] { a.leave_multicast(group, "lo"); }), EADDRNOTAVAIL);
    });
}

TEST_F(datagram_multicast, is_joined_by_ipv6_sockets_for_groups_of_both_families) {
    weft::run([] {
        datagram_socket s = bound("");
        s.set_multicast_interface("lo");
        s.set_multicast_hops(1);
        s.join_multicast("ff02::7103", "lo");
        s.join_multicast("239.255.71.3", "lo");
        datagram_socket sender = bound("0.0.0.0");
        sender.set_multicast_interface("lo");
        sender.send_to("to all", endpoint("239.255.71.3", s.local_endpoint().port()));
        EXPECT_EQ(s.receive(), "to all");
        s.leave_multicast("ff02::7103", "lo");
        s.leave_multicast("239.255.71.3", "lo");
    });
}

TEST_F(datagram_multicast, needs_a_group_and_an_interface) {
    weft::run([] {
        datagram_socket s = bound("0.0.0.0");
        EXPECT_EQ(end_of([&] { s.join_multicast("239.255.71.3", "no-such-if"); }),
                  "error: weft::datagram_socket::join_multicast: interface 'no-such-if': No such "
                  "device");
        EXPECT_EQ(error_of([&] { s.join_multicast("127.0.0.1", "lo"); }), EINVAL);
        EXPECT_THROW(s.join_multicast("a group", "lo"), std::invalid_argument);
        EXPECT_EQ(error_of([&] { s.set_multicast_interface("no-such-if"); }), ENODEV);
    });
}

TEST_F(datagram_multicast, and_broadcast_are_different_things) {
    weft::run([] {
        datagram_socket s = bound("127.0.0.1");
        const endpoint everybody("255.255.255.255", s.local_endpoint().port());
        EXPECT_EQ(error_of([&] { s.send_to("x", everybody); }), EACCES);
        s.set_broadcast(true);
        const std::string end = end_of([&] { s.send_to("x", everybody); });
        EXPECT_EQ(end.find("Permission denied"), std::string::npos) << end;
    });
}

// --- UNIX sockets ---

TEST_F(datagram_unix, go_to_paths_and_abstract_names) {
    weft::run([] {
        const endpoint here =
            endpoint::unix_socket("\0weft-datagram-a"s + std::to_string(::getpid()));
        const endpoint there =
            endpoint::unix_socket("\0weft-datagram-b"s + std::to_string(::getpid()));
        datagram_socket a;
        datagram_socket b;
        a.bind(here);
        b.bind(there);
        a.send_to("x", there);
        const auto [text, sender] = b.receive_from();
        EXPECT_EQ(text, "x");
        EXPECT_EQ(sender, here);
        b.connect(here);
        b.send("y");
        EXPECT_EQ(a.receive(), "y");
    });
}

TEST_F(datagram_unix, wait_for_room_at_the_receiver) {
    in_virtual_time([] {
        const endpoint there =
            endpoint::unix_socket("\0weft-datagram"s + std::to_string(::getpid()));
        datagram_socket receiver;
        receiver.bind(there);
        for (const bool connected : {false, true}) {
            datagram_socket sender;
            if (connected) {
                sender.connect(there);
            } else {
                sender.bind(endpoint::unix_socket("\0weft-sender"s + std::to_string(::getpid())));
            }
            constexpr int count = 1000; // more than the kernel keeps
            task<void> sending = spawn([&] {
                for (int i = 0; i < count; ++i) {
                    const std::string text = std::to_string(i);
                    connected ? sender.send(text) : sender.send_to(text, there);
                }
            });
            settle();
            EXPECT_FALSE(sending.done());
            for (int i = 0; i < count; ++i) {
                EXPECT_EQ(receiver.receive(), std::to_string(i));
            }
            sending.get();
        }
    });
}

TEST_F(datagram_unix, stop_waiting_for_room_when_cancelled_or_closed) {
    in_virtual_time([] {
        const endpoint there =
            endpoint::unix_socket("\0weft-datagram"s + std::to_string(::getpid()));
        datagram_socket receiver;
        receiver.bind(there);
        datagram_socket sender;
        sender.bind(endpoint::unix_socket("\0weft-sender"s + std::to_string(::getpid())));
        const auto send_for_ever = [&] {
            for (;;) {
                sender.send_to("x", there);
            }
        };
        task<std::string> cancelled = spawn([&] { return end_of(send_for_ever); });
        task<int> closed = spawn([&] { return error_of(send_for_ever); });
        settle();
        cancelled.cancel();
        EXPECT_EQ(cancelled.get(), "cancelled");
        sender.close();
        EXPECT_EQ(closed.get(), EBADF);
    });
}

} // namespace
} // namespace weft
