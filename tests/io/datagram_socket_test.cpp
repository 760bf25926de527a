// SPDX-License-Identifier: BSL-1.0
//
// Datagrams between two sockets: whole, empty, cut off, waited for, cancelled.
#include "tests/support/net_streams.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::error_of;
using datagram = test::net_test;

static_assert(!std::is_copy_constructible_v<datagram_socket>);
static_assert(std::is_nothrow_move_constructible_v<datagram_socket>);
static_assert(std::is_nothrow_move_assignable_v<datagram_socket>);

datagram_socket bound(const std::string& host = "127.0.0.1") {
    datagram_socket s;
    s.bind(host, 0);
    return s;
}

// --- what arrives ---

TEST_F(datagram, arrives_whole_with_its_sender) {
    weft::run([] {
        datagram_socket a = bound();
        datagram_socket b = bound();
        EXPECT_EQ(a.send_to("warp", b.local_endpoint()), 4U);
        EXPECT_EQ(a.send_to("weft!", b.local_endpoint()), 5U);
        std::array<std::byte, 100> buffer{};
        const auto [size, sender] = b.receive_from(buffer);
        EXPECT_EQ(size, 4U);
        EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer.data()), size), "warp");
        EXPECT_EQ(sender, a.local_endpoint());
        const auto [text, same_sender] = b.receive_from();
        EXPECT_EQ(text, "weft!");
        EXPECT_EQ(same_sender, sender);
    });
}

TEST_F(datagram, may_be_empty) {
    weft::run([] {
        datagram_socket a = bound();
        datagram_socket b = bound();
        EXPECT_EQ(a.send_to("", b.local_endpoint()), 0U);
        EXPECT_EQ(a.send_to(std::span<const std::byte>(), b.local_endpoint()), 0U);
        const auto [text, sender] = b.receive_from();
        EXPECT_EQ(text, "");
        EXPECT_EQ(sender, a.local_endpoint());
        std::array<std::byte, 10> buffer{};
        EXPECT_EQ(b.receive(buffer), 0U);
    });
}

TEST_F(datagram, of_the_greatest_size) {
    weft::run([] {
        datagram_socket a = bound();
        datagram_socket b = bound();
        const std::string longest = test::pattern(65'507);
        a.send_to(longest, b.local_endpoint());
        EXPECT_EQ(b.receive(), longest);
        EXPECT_EQ(error_of([&] { a.send_to(longest + "x", b.local_endpoint()); }), EMSGSIZE);
    });
}

TEST_F(datagram, that_does_not_fit_is_an_error_and_the_next_one_arrives) {
    weft::run([] {
        datagram_socket a = bound();
        datagram_socket b = bound();
        for (int i = 0; i < 3; ++i) {
            a.send_to("much too long", b.local_endpoint());
        }
        a.send_to("fits", b.local_endpoint());
        std::array<std::byte, 4> buffer{};
        EXPECT_EQ(end_of([&] { b.receive_from(buffer); }),
                  "error: weft::datagram_socket::receive_from: a datagram of 13 bytes from " +
                      a.local_endpoint().to_string() +
                      " did not fit into 4, and the rest of it is lost: Message too long");
        EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer.data()), 4), "much");
        EXPECT_EQ(error_of([&] { b.receive(12); }), EMSGSIZE);
        EXPECT_EQ(error_of([&] { b.receive(0); }), EMSGSIZE);
        EXPECT_EQ(b.receive(4), "fits");
    });
}

TEST_F(datagram, costs_no_turn_when_it_is_there) {
    weft::run([] {
        datagram_socket a = bound();
        datagram_socket b = bound();
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        a.send_to("x", b.local_endpoint());
        b.receive();
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(datagram, is_waited_for_by_several_and_goes_to_one) {
    weft::run([] {
        datagram_socket a = bound();
        datagram_socket b = bound();
        std::vector<task<std::string>> receivers;
        for (int i = 0; i < 3; ++i) {
            receivers.push_back(spawn([&] { return b.receive(); }));
        }
        sleep_for(50us);
        std::string received;
        for (const char* text : {"1", "2", "3"}) {
            a.send_to(text, b.local_endpoint());
        }
        for (auto& r : receivers) {
            received += r.get();
        }
        std::sort(received.begin(), received.end());
        EXPECT_EQ(received, "123");
    });
}

TEST_F(datagram, is_not_lost_by_a_cancel_in_the_turn_of_its_coming) {
    weft::run([] {
        datagram_socket a = bound();
        datagram_socket b = bound();
        for (const bool cancel_first : {true, false}) {
            task<std::string> receiver = spawn([&] { return end_of([&] { b.receive(); }); });
            sleep_for(50us);
            if (cancel_first) {
                receiver.cancel();
            }
            a.send_to("x", b.local_endpoint());
            if (!cancel_first) {
                receiver.cancel();
            }
            EXPECT_EQ(receiver.get(), "cancelled");
            EXPECT_EQ(b.receive(), "x");
        }
    });
}

TEST_F(datagram, that_nobody_sends_is_no_longer_waited_for_after_a_close) {
    weft::run([] {
        datagram_socket s = bound();
        task<std::string> receiver = spawn([&] { return end_of([&] { s.receive(); }); });
        sleep_for(50us);
        s.close();
        EXPECT_EQ(receiver.get(), "error: weft::datagram_socket::receive: closed while waiting: "
                                  "Bad file descriptor");
        EXPECT_EQ(s.native_handle(), -1);
        EXPECT_EQ(error_of([&] { s.receive(); }), EBADF);
        s.close();
        s.bind("127.0.0.1", 0); // it may be used again
        s.send_to("x", s.local_endpoint());
        EXPECT_EQ(s.receive(), "x");
    });
}

TEST_F(datagram, waits_in_a_socket_that_is_moved) {
    weft::run([] {
        datagram_socket a = bound();
        const endpoint where = a.local_endpoint();
        task<std::string> receiver = spawn([&] { return a.receive(); });
        sleep_for(50us);
        datagram_socket b = std::move(a);
        b.send_to("x", where);
        EXPECT_EQ(receiver.get(), "x");
        datagram_socket c = bound();
        c = std::move(b);
        datagram_socket& same = c;
        c = std::move(same);
        EXPECT_EQ(c.local_endpoint(), where);
    });
}

TEST_F(datagram, of_a_closed_socket_is_an_error_that_says_what_to_do) {
    weft::run([] {
        datagram_socket s;
        EXPECT_EQ(end_of([&] { s.send_to("x", endpoint("127.0.0.1", 1)); }),
                  "error: weft::datagram_socket::send_to: it is closed; bind or connect it first: "
                  "Bad file descriptor");
        EXPECT_EQ(error_of([&] { s.receive_from(); }), EBADF);
        EXPECT_EQ(error_of([&] { static_cast<void>(s.local_endpoint()); }), EBADF);
        EXPECT_EQ(error_of([&] { s.set_broadcast(true); }), EBADF);
    });
    datagram_socket s;
    EXPECT_THROW(s.bind("127.0.0.1", 0), no_running_loop);
    EXPECT_THROW(s.receive(), no_running_loop);
}

TEST_F(datagram, outlives_its_loop_harmlessly) {
    datagram_socket s;
    weft::run([&] {
        s = bound();
        running_loop().call_soon([&] { EXPECT_THROW(s.receive(), not_in_task); });
        yield();
    });
    weft::run([&] { EXPECT_THROW(s.receive(), wrong_loop); });
}

} // namespace
} // namespace weft
