// SPDX-License-Identifier: BSL-1.0
//
// A listener whose streams are TLS: what is accepted, and who shakes hands.
#include "tests/support/net_tls.hpp"

#include <stdexcept>
#include <string>

namespace weft {
namespace {

using test::end_of;
using test::test_client;
using test::test_server;
using tls_listener = test::net_test;

TEST_F(tls_listener, accepts_at_once_and_leaves_the_handshake_to_who_handles_the_connection) {
    weft::run([] {
        listener l = [] {
            const tls_context context = test_server(); // the listener keeps a copy
            listen_options options;
            options.tls = &context;
            return listener("127.0.0.1", 0, options);
        }();
        const auto port = l.local_endpoint().port();
        const stream silent = open_connection("127.0.0.1", port);
        stream of_silent = l.accept();
        task<std::string> waiting = spawn([&] { return end_of([&] { of_silent.handshake(); }); });

        connect_options options;
        options.tls = &test_client();
        options.server_name = "localhost";
        task<void> client = spawn([&] {
            stream s = open_connection("127.0.0.1", port, options);
            s.write("hello\n");
            EXPECT_EQ(s.read_all(), "hello\n");
        });
        stream s = l.accept();
        EXPECT_THROW(tls_info_of(s), invalid_state) << "not yet";
        s.handshake();
        s.handshake();
        EXPECT_EQ(tls_info_of(s).protocol, "TLSv1.3");
        s.write(s.read_line());
        s.close();
        client.get();
        EXPECT_FALSE(waiting.done());
        of_silent.close();
        EXPECT_EQ(waiting.get().find("error: weft::stream::handshake"), 0U);
    });
}

TEST_F(tls_listener, the_first_word_may_be_the_servers) {
    weft::run([] {
        listen_options options;
        options.tls = &test_server();
        listener l("127.0.0.1", 0, options);
        task<void> server = spawn([&] {
            stream s = l.accept();
            s.write("welcome\n");
            s.close();
        });
        connect_options secure;
        secure.tls = &test_client();
        stream s = open_connection("localhost", l.local_endpoint().port(), secure);
        EXPECT_EQ(s.read_all(), "welcome\n");
        server.get();
    });
}

TEST_F(tls_listener, wants_a_servers_context) {
    weft::run([] {
        listen_options options;
        options.tls = &test_client();
        EXPECT_THROW(listener("127.0.0.1", 0, options), std::invalid_argument);
    });
}

} // namespace
} // namespace weft
