// SPDX-License-Identifier: BSL-1.0
//
// What TLS adds to a stream: the handshake and its failures, and ends that are no ends. That it is
// a stream like any other is tested with all the others.
#include "tests/support/net_tls.hpp"

#include <cerrno>
#include <chrono>
#include <string>

namespace weft {
namespace {

using test::connect_tcp;
using test::connect_unix;
using test::connected;
using test::encrypt;
using test::end_of;
using test::error_of;
using test::forged_record;
using test::pattern;
using test::stream_pair;
using test::test_client;
using test::test_server;
using test::text_of;
using test::tls_error_of;
using tls = test::net_test;
using tls_failures = test::net_test;

// --- the handshake ---

TEST_F(tls, start_tls_makes_both_ends_agree) {
    weft::run([] {
        stream_pair pair = connected();
        pair.near.write("secret");
        EXPECT_EQ(pair.far.read(100), "secret");
        for (const stream* s : {&pair.near, &pair.far}) {
            const tls_info info = tls_info_of(*s);
            EXPECT_EQ(info.protocol, "TLSv1.3");
            EXPECT_EQ(info.cipher.rfind("TLS_", 0), 0U) << info.cipher;
            EXPECT_EQ(info.alpn, "");
        }
        EXPECT_EQ(tls_info_of(pair.near).peer_subject, "CN=server");
        EXPECT_EQ(tls_info_of(pair.far).peer_subject, "");
    });
}

TEST_F(tls, what_goes_over_the_wire_is_not_what_was_written) {
    weft::run([] {
        stream_pair pair = connected();
        pair.near.write("secret");
        char wire[200];
        const ssize_t n = ::recv(pair.far.native_handle(), wire, sizeof(wire), MSG_DONTWAIT);
        ASSERT_GT(n, 6);
        EXPECT_EQ(wire[0], 23) << "a record of application data";
        EXPECT_EQ(std::string_view(wire, std::size_t(n)).find("secret"), std::string_view::npos);
    });
}

TEST_F(tls, start_tls_in_the_middle_of_a_conversation_as_mail_servers_do) {
    weft::run([] {
        stream_pair pair = connect_tcp();
        task<void> server = spawn([&] {
            EXPECT_EQ(pair.far.read_line(), "STARTTLS\n");
            pair.far.write("go ahead\n");
            stream s = start_tls(std::move(pair.far), test_server());
            s.write(s.read_line());
        });
        pair.near.write("STARTTLS\n");
        EXPECT_EQ(pair.near.read_line(), "go ahead\n");
        stream s = start_tls(std::move(pair.near), test_client(), "localhost");
        s.write("echo\n");
        EXPECT_EQ(s.read_line(), "echo\n");
        server.get();
    });
}

TEST_F(tls, a_server_that_has_read_the_beginning_of_the_handshake_goes_on_with_it) {
    weft::run([] {
        stream_pair pair = connect_unix();
        pair.near.write("STARTTLS\n");
        task<stream> client =
            spawn([&] { return start_tls(std::move(pair.near), test_client(), "localhost"); });
        test::yield_times(3); // the client has sent its first message, without being asked
        EXPECT_EQ(pair.far.read_line(), "STARTTLS\n");
        stream server = start_tls(std::move(pair.far), test_server());
        stream s = client.get();
        s.write("x");
        EXPECT_EQ(server.read(1), "x");
    });
}

TEST_F(tls, plain_text_in_front_of_the_handshake_is_never_read_as_if_it_came_through_it) {
    weft::run([] {
        stream_pair pair = connect_unix();
        pair.near.write("STARTTLS\nDELETE everything\n");
        task<std::string> client = spawn([&] {
            return end_of(
                [&] { start_tls(std::move(pair.near), test_client(), "localhost").read_line(); });
        });
        EXPECT_EQ(pair.far.read_line(), "STARTTLS\n");
        EXPECT_EQ(tls_error_of([&] { start_tls(std::move(pair.far), test_server()).read_line(); }),
                  tls_errc::not_tls);
        EXPECT_NE(client.get(), "value");
    });
}

TEST_F(tls, a_client_refuses_plain_text_that_came_before_its_handshake) {
    weft::run([] {
        stream_pair pair = connect_unix();
        pair.far.write("go ahead\n250 and log in in plain text\n");
        EXPECT_EQ(pair.near.read_line(), "go ahead\n");
        const std::string text = text_of<tls_error>(
            [&] { start_tls(std::move(pair.near), test_client(), "localhost"); });
        EXPECT_EQ(text.find("weft::start_tls: the server has sent 29 bytes of plain text before"),
                  0U)
            << text;
        EXPECT_EQ(pair.far.read_all(), "") << "closed";
    });
}

TEST_F(tls, may_be_put_over_tls) {
    weft::run([] {
        stream_pair outer = connected();
        stream_pair inner = encrypt(std::move(outer), test_client(), test_server());
        const std::string much = pattern(500'000);
        task<void> writer = spawn([&] {
            inner.near.write(much);
            inner.near.write({"a", "b", "c"});
            inner.near.close();
        });
        EXPECT_EQ(inner.far.read_exactly(much.size()), much);
        EXPECT_EQ(inner.far.read_all(), "abc");
        writer.get();
    });
}

TEST_F(tls, release_is_refused) {
    weft::run([] {
        stream_pair pair = connected();
        EXPECT_NE(text_of<invalid_state>([&] {
                      static_cast<void>(pair.near.release());
                  }).find("TLS is more than its descriptor"),
                  std::string::npos);
        pair.near.write("x");
        EXPECT_EQ(pair.far.read(1), "x");
    });
}

TEST_F(tls, info_of_a_plain_stream_is_an_error) {
    weft::run([] {
        stream_pair pair = connect_unix();
        EXPECT_EQ(text_of<invalid_state>([&] { tls_info_of(pair.near); }),
                  "weft::tls_info_of: it is no TLS stream");
        pair.near.handshake(); // nothing to do
    });
}

// --- handshakes that fail ---

TEST_F(tls_failures, a_peer_that_does_not_speak_tls) {
    weft::run([] {
        stream_pair pair = connect_unix();
        task<void> client = spawn([&] {
            const std::string text = text_of<tls_error>(
                [&] { start_tls(std::move(pair.near), test_client(), "localhost"); });
            EXPECT_EQ(text.find("weft::start_tls: the peer does not speak TLS"), 0U) << text;
        });
        test::yield_times(3);
        pair.far.write("220 mail.example.test ESMTP ready, and glad to be of service\r\n");
        client.get();
    });
    weft::run([] {
        stream_pair pair = connect_unix();
        pair.near.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
        EXPECT_EQ(tls_error_of([&] { start_tls(std::move(pair.far), test_server()); }),
                  tls_errc::not_tls);
    });
}

TEST_F(tls_failures, a_peer_that_goes_away_during_the_handshake) {
    weft::run([] {
        stream_pair pair = connect_unix();
        task<std::string> client = spawn([&] {
            return text_of<tls_error>(
                [&] { start_tls(std::move(pair.near), test_client(), "localhost"); });
        });
        test::yield_times(3);
        pair.far.read(4096); // its greeting
        pair.far.close();
        EXPECT_EQ(client.get().find("weft::start_tls: the peer has closed the connection during"),
                  0U);
    });
}

TEST_F(tls_failures, a_reset_during_the_handshake_is_the_systems_error) {
    weft::run([] {
        stream_pair pair = connect_tcp();
        task<int> client = spawn([&] {
            return error_of([&] { start_tls(std::move(pair.near), test_client(), "localhost"); });
        });
        test::yield_times(3);
        test::reset_on_close(pair.far.native_handle());
        pair.far.close();
        EXPECT_EQ(client.get(), ECONNRESET);
    });
}

TEST_F(tls_failures, a_handshake_that_is_cancelled_closes_the_stream) {
    weft::run([] {
        stream_pair pair = connect_unix();
        EXPECT_THROW(
            with_timeout(std::chrono::milliseconds(1),
                         [&] { start_tls(std::move(pair.near), test_client(), "localhost"); }),
            timeout_error);
        EXPECT_NE(pair.far.read_all(), "") << "its greeting, and the end";
    });
}

TEST_F(tls_failures, a_verifying_client_needs_a_name) {
    weft::run([] {
        stream_pair pair = connect_unix();
        EXPECT_NE(text_of<std::invalid_argument>([&] {
                      start_tls(std::move(pair.near), test_client());
                  }).find("no server name to verify"),
                  std::string::npos);
        EXPECT_EQ(pair.far.read_all(), "");
    });
    weft::run([] {
        EXPECT_THROW(start_tls(connect_unix().near, test_client(), std::string_view("a\0b", 3)),
                     std::invalid_argument);
    });
}

TEST_F(tls_failures, a_stream_that_is_in_use_is_busy) {
    weft::run([] {
        stream_pair pair = connect_unix();
        stream& s = pair.near;
        task<int> reader = spawn([&] { return error_of([&] { s.read(1); }); });
        test::yield_times(3);
        EXPECT_THROW(start_tls(std::move(s), test_client(), "localhost"), busy);
        EXPECT_EQ(reader.get(), EBADF) << "and was closed";
    });
}

TEST_F(tls_failures, a_record_that_was_changed_on_its_way_ends_the_connection_for_good) {
    weft::run([] {
        stream_pair pair = connected();
        pair.near.write("before");
        EXPECT_EQ(pair.far.read(100), "before");
        const std::string forged = forged_record();
        EXPECT_EQ(::send(pair.near.native_handle(), forged.data(), forged.size(), 0), 25);
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(tls_error_of([&] { pair.far.read(100); }), tls_errc::protocol_error);
            EXPECT_EQ(tls_error_of([&] { pair.far.write("x"); }), tls_errc::protocol_error);
        }
        const std::string text = text_of<tls_error>([&] { pair.near.read(1); });
        EXPECT_EQ(text.find("weft::stream::read: the peer has sent the TLS alert 'bad record mac'"),
                  0U)
            << text;
    });
}

// --- the end ---

TEST_F(tls, a_connection_that_ends_without_the_closing_message_was_cut_off) {
    weft::run([] {
        stream_pair pair = connected();
        pair.near.write("not all of it");
        EXPECT_EQ(::shutdown(pair.near.native_handle(), SHUT_WR), 0);
        EXPECT_EQ(pair.far.read_exactly(7), "not all");
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(tls_error_of([&] { pair.far.read_all(); }), tls_errc::truncated);
        }
        EXPECT_FALSE(pair.far.at_eof());
        EXPECT_EQ(pair.far.read(100), " of it") << "what came is kept";
        EXPECT_NE(text_of<tls_error>([&] { pair.far.read_line(); }).find("closing message"),
                  std::string::npos);
    });
}

TEST_F(tls, in_the_middle_of_a_record_too) {
    weft::run([] {
        stream_pair pair = connected();
        EXPECT_EQ(::send(pair.near.native_handle(), "\x17\x03\x03\x00\x50half", 9, 0), 9);
        EXPECT_EQ(::shutdown(pair.near.native_handle(), SHUT_WR), 0);
        EXPECT_EQ(tls_error_of([&] { pair.far.read(1); }), tls_errc::truncated);
    });
}

TEST_F(tls, closing_one_direction_leaves_the_other_open) {
    weft::run([] {
        stream_pair pair = connected();
        pair.near.shutdown_write();
        EXPECT_EQ(pair.far.read_all(), "");
        pair.far.write("response after the end");
        pair.far.shutdown_write();
        EXPECT_EQ(pair.near.read_all(), "response after the end");
        EXPECT_TRUE(pair.near.at_eof());
    });
}

TEST_F(tls, what_a_client_wrote_before_it_left_is_read_though_no_ticket_can_be_sent_to_it) {
    for (const auto& over : {connect_unix, connect_tcp}) {
        weft::run([&] {
            stream_pair pair = over();
            task<std::string> server =
                spawn([&] { return start_tls(std::move(pair.far), test_server()).read_all(); });
            stream s = start_tls(std::move(pair.near), test_client(), "localhost");
            s.write("one line for the log");
            s.close();
            EXPECT_EQ(server.get(), "one line for the log");
        });
    }
}

TEST_F(tls, shutdown_write_waits_for_room_and_then_says_its_last_word) {
    weft::run([] {
        stream_pair pair = connected();
        const std::size_t on_the_way = test::fill_up(pair.near);
        task<void> closer = spawn([&] {
            pair.near.shutdown_write();
            pair.near.close();
        });
        test::yield_times(3);
        EXPECT_FALSE(closer.done());
        EXPECT_EQ(pair.far.read_all().size(), on_the_way) << "and no truncation";
        closer.get();
    });
}

TEST_F(tls, shutdown_write_in_a_callback_is_fine_when_there_is_room) {
    weft::run([] {
        stream_pair pair = connected();
        task<void> ended = spawn([] {});
        ended.add_done_callback([&](task_ref) { pair.near.shutdown_write(); });
        EXPECT_EQ(pair.far.read_all(), "");
    });
}

} // namespace
} // namespace weft
