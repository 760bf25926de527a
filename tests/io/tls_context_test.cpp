// SPDX-License-Identifier: BSL-1.0
//
// What a context decides: whom a client trusts, whom a server lets in, what they agree on, and
// sessions that are taken up again. And files that are not what they should be.
#include "tests/support/net_streams.hpp"

#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

namespace weft {
namespace {

using test::connect_unix;
using test::stream_pair;
using test::test_certificates;
using test::test_client;
using test::test_server;
using test::text_of;
using tls_verification = test::net_test;
using tls_agreement = test::net_test;
using tls_resumption = test::net_test;
using tls_files = test::net_test;

static_assert(std::is_copy_constructible_v<tls_context>);
static_assert(std::is_nothrow_move_constructible_v<tls_context>);
static_assert(std::is_base_of_v<std::system_error, tls_error>);

struct side {
    std::string end = "value"; // or what it threw
    std::optional<tls_errc> error;
    tls_info info;
};

struct both_sides {
    side client;
    side server;
};

// A handshake, and one word each way.
both_sides shake_hands(const tls_context& client, const tls_context& server,
                       std::string_view name = "localhost") {
    both_sides both;
    weft::run([&] {
        stream_pair pair = connect_unix();
        const auto talk = [](side& to, stream from, const tls_context& context,
                             std::string_view server_name) {
            try {
                stream s = start_tls(std::move(from), context, server_name);
                to.info = tls_info_of(s);
                s.write("word");
                EXPECT_EQ(s.read_exactly(4), "word"); // and session tickets on the way
                to.info = tls_info_of(s);
                s.shutdown_write();
                EXPECT_EQ(s.read_all(), "");
            } catch (const tls_error& e) {
                to.end = e.what();
                to.error = static_cast<tls_errc>(e.code().value());
            } catch (const std::system_error& e) {
                to.end = e.what(); // EPIPE, where the other side is gone already
            }
        };
        gather([&] { talk(both.client, std::move(pair.near), client, name); },
               [&] { talk(both.server, std::move(pair.far), server, {}); });
    });
    return both;
}

tls_context client_with(auto change) {
    tls_client_options options;
    options.ca_file = test_certificates().authority();
    change(options);
    return tls_context::client(options);
}

tls_context server_with(auto change) {
    tls_server_options options;
    change(options);
    return tls_context::server(test_certificates().server(), test_certificates().server_key(),
                               options);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// --- whom a client trusts ---

TEST_F(tls_verification, takes_each_of_the_certificates_names_and_addresses) {
    for (const char* name : {"localhost", "LocalHost", "localhost.", "www.example.test",
                             "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"}) {
        const both_sides both = shake_hands(test_client(), test_server(), name);
        EXPECT_EQ(both.client.end, "value") << name;
        EXPECT_EQ(both.server.end, "value") << name;
    }
}

TEST_F(tls_verification, refuses_other_names_and_addresses) {
    for (const char* name : {"example.test", "a.b.example.test", "localhost.evil.test", "127.0.0.2",
                             "::2", "server"}) {
        const both_sides both = shake_hands(test_client(), test_server(), name);
        EXPECT_EQ(both.client.error, tls_errc::certificate_rejected) << name;
        EXPECT_TRUE(contains(both.client.end, "mismatch")) << both.client.end;
        EXPECT_NE(both.server.end, "value") << name;
    }
}

TEST_F(tls_verification, refuses_a_certificate_that_nobody_has_signed) {
    const tls_context server =
        tls_context::server(test_certificates().stranger(), test_certificates().stranger_key());
    const both_sides both = shake_hands(test_client(), server);
    EXPECT_EQ(both.client.error, tls_errc::certificate_rejected);
    EXPECT_EQ(both.client.end.find("weft::start_tls: the peer's certificate was rejected: "
                                   "self-signed certificate"),
              0U)
        << both.client.end;
    EXPECT_EQ(both.server.error, tls_errc::refused_by_peer);
    EXPECT_TRUE(contains(both.server.end, "the TLS alert 'unknown CA'")) << both.server.end;
}

TEST_F(tls_verification, refuses_one_whose_time_has_passed) {
    const tls_context server =
        tls_context::server(test_certificates().expired(), test_certificates().file("expired.key"));
    const both_sides both = shake_hands(test_client(), server);
    EXPECT_EQ(both.client.error, tls_errc::certificate_rejected);
    EXPECT_TRUE(contains(both.client.end, "expired")) << both.client.end;
}

TEST_F(tls_verification, by_default_trusts_whom_the_system_trusts_and_so_not_us) {
    const tls_context by_default;
    EXPECT_FALSE(by_default.is_server());
    EXPECT_EQ(shake_hands(by_default, test_server()).client.error, tls_errc::certificate_rejected);
}

TEST_F(tls_verification, takes_anything_when_told_to) {
    const tls_context trusting = client_with([](tls_client_options& o) { o.verify = false; });
    EXPECT_EQ(shake_hands(trusting, test_server(), "wrong.test").client.end, "value");
    EXPECT_EQ(shake_hands(trusting, test_server(), "").client.end, "value");
}

TEST_F(tls_verification, may_have_its_authorities_in_a_folder) {
    const std::string folder = test_certificates().file("folder");
    ASSERT_EQ(std::system(("mkdir -p " + folder + " && cp " + test_certificates().authority() +
                           " " + folder + " && openssl rehash " + folder)
                              .c_str()),
              0);
    const tls_context client = client_with([&](tls_client_options& o) {
        o.ca_file.clear();
        o.ca_path = folder;
    });
    EXPECT_EQ(shake_hands(client, test_server()).client.end, "value");
}

// --- whom a server lets in ---

tls_context strict_server(tls_client_certificate how) {
    return server_with([&](tls_server_options& o) {
        o.client_certificate = how;
        o.client_ca_file = test_certificates().authority();
    });
}

tls_context known_client() {
    return client_with([](tls_client_options& o) {
        o.certificate_file = test_certificates().client();
        o.private_key_file = test_certificates().client_key();
    });
}

TEST_F(tls_verification, of_clients_lets_in_who_shows_a_good_certificate) {
    for (const auto how : {tls_client_certificate::required, tls_client_certificate::optional}) {
        const both_sides both = shake_hands(known_client(), strict_server(how));
        EXPECT_EQ(both.client.end, "value");
        EXPECT_EQ(both.server.end, "value");
        EXPECT_EQ(both.server.info.peer_subject, "CN=client");
    }
}

TEST_F(tls_verification, of_clients_keeps_out_who_shows_none) {
    const both_sides both =
        shake_hands(test_client(), strict_server(tls_client_certificate::required));
    EXPECT_EQ(both.server.error, tls_errc::certificate_rejected);
    EXPECT_TRUE(contains(both.server.end, "no certificate")) << both.server.end;
    EXPECT_EQ(both.client.error, tls_errc::refused_by_peer);
    EXPECT_TRUE(contains(both.client.end, "certificate required")) << both.client.end;
}

TEST_F(tls_verification, of_clients_lets_in_who_shows_none_where_that_is_optional) {
    const both_sides both =
        shake_hands(test_client(), strict_server(tls_client_certificate::optional));
    EXPECT_EQ(both.server.end, "value");
    EXPECT_EQ(both.server.info.peer_subject, "");
}

TEST_F(tls_verification, of_clients_keeps_out_strangers) {
    const tls_context stranger = client_with([](tls_client_options& o) {
        o.certificate_file = test_certificates().stranger();
        o.private_key_file = test_certificates().stranger_key();
    });
    for (const auto how : {tls_client_certificate::required, tls_client_certificate::optional}) {
        EXPECT_EQ(shake_hands(stranger, strict_server(how)).server.error,
                  tls_errc::certificate_rejected);
    }
}

// --- what they agree on ---

TEST_F(tls_agreement, on_a_protocol_is_the_servers_first_that_the_client_offers) {
    const tls_context client = client_with([](tls_client_options& o) {
        o.alpn = {"http/1.1", "h2"};
    });
    const tls_context server = server_with([](tls_server_options& o) {
        o.alpn = {"h3", "h2", "http/1.1"};
    });
    const both_sides both = shake_hands(client, server);
    EXPECT_EQ(both.client.info.alpn, "h2");
    EXPECT_EQ(both.server.info.alpn, "h2");
}

TEST_F(tls_agreement, on_a_protocol_is_none_when_one_side_names_none) {
    const tls_context client = client_with([](tls_client_options& o) { o.alpn = {"h2"}; });
    EXPECT_EQ(shake_hands(client, test_server()).client.info.alpn, "");
    const tls_context server = server_with([](tls_server_options& o) { o.alpn = {"h2"}; });
    EXPECT_EQ(shake_hands(test_client(), server).client.info.alpn, "");
}

TEST_F(tls_agreement, on_a_protocol_fails_when_they_have_none_in_common) {
    const tls_context client = client_with([](tls_client_options& o) { o.alpn = {"smtp"}; });
    const tls_context server = server_with([](tls_server_options& o) { o.alpn = {"h2"}; });
    const both_sides both = shake_hands(client, server);
    EXPECT_EQ(both.client.error, tls_errc::refused_by_peer);
    EXPECT_TRUE(contains(both.client.end, "no application protocol")) << both.client.end;
    EXPECT_EQ(both.server.error, tls_errc::protocol_error);
}

TEST_F(tls_agreement, on_a_protocol_takes_names_of_1_to_255_bytes) {
    EXPECT_THROW(client_with([](tls_client_options& o) { o.alpn = {""}; }), std::invalid_argument);
    EXPECT_THROW(server_with([](tls_server_options& o) { o.alpn = {std::string(256, 'x')}; }),
                 std::invalid_argument);
}

// --- sessions ---

TEST_F(tls_resumption, the_second_connection_takes_up_the_first_ones_session) {
    const tls_context client = client_with([](auto&) {});
    EXPECT_FALSE(shake_hands(client, test_server()).client.info.session_reused);
    for (int i = 0; i < 10; ++i) {
        const both_sides both = shake_hands(client, test_server());
        EXPECT_TRUE(both.client.info.session_reused) << i;
        EXPECT_TRUE(both.server.info.session_reused) << i;
        EXPECT_EQ(both.client.info.peer_subject, "CN=server");
    }
    EXPECT_FALSE(shake_hands(client, test_server(), "www.example.test").client.info.session_reused)
        << "another name is another server";
    EXPECT_FALSE(shake_hands(client_with([](auto&) {}), test_server()).client.info.session_reused);
}

TEST_F(tls_resumption, a_server_may_give_no_tickets) {
    const tls_context client = client_with([](auto&) {});
    const tls_context server =
        server_with([](tls_server_options& o) { o.session_tickets = false; });
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(shake_hands(client, server).client.info.session_reused);
    }
}

TEST_F(tls_resumption, a_server_that_has_forgotten_the_session_begins_a_new_one) {
    const tls_context client = client_with([](auto&) {});
    const auto fresh_server = [] { return server_with([](auto&) {}); };
    EXPECT_EQ(shake_hands(client, fresh_server()).client.end, "value");
    const both_sides both = shake_hands(client, fresh_server());
    EXPECT_EQ(both.client.end, "value");
    EXPECT_FALSE(both.client.info.session_reused);
}

TEST_F(tls_resumption, keeps_what_was_known_of_the_client) {
    const tls_context server = strict_server(tls_client_certificate::required);
    const tls_context client = known_client();
    shake_hands(client, server);
    const both_sides both = shake_hands(client, server);
    EXPECT_TRUE(both.server.info.session_reused);
    EXPECT_EQ(both.server.info.peer_subject, "CN=client");
}

TEST_F(tls_resumption, one_context_serves_several_threads) {
    const tls_context client = client_with([](auto&) {});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&client] {
            for (int i = 0; i < 10; ++i) {
                EXPECT_EQ(shake_hands(client, test_server()).client.end, "value");
            }
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
}

// --- files ---

TEST_F(tls_files, that_are_not_there_are_named) {
    const std::string text = text_of<tls_error>(
        [] { tls_context::server("/nowhere/server.pem", test_certificates().server_key()); });
    EXPECT_EQ(text.find("weft::tls_context::server: certificate file '/nowhere/server.pem': "), 0U)
        << text;
    EXPECT_TRUE(contains(text, "No such file")) << text;
    EXPECT_TRUE(contains(text_of<tls_error>([] {
                             client_with([](tls_client_options& o) { o.ca_file = "/nowhere"; });
                         }),
                         "ca_file '/nowhere'"));
}

TEST_F(tls_files, that_hold_something_else_are_refused) {
    const std::string junk = test_certificates().file("junk");
    std::ofstream(junk) << "no certificate\n";
    EXPECT_THROW(tls_context::server(junk, test_certificates().server_key()), tls_error);
    EXPECT_THROW(tls_context::server(test_certificates().server(), junk), tls_error);
    EXPECT_THROW(client_with([&](tls_client_options& o) { o.ca_file = junk; }), tls_error);
    EXPECT_THROW(server_with([&](tls_server_options& o) { o.client_ca_file = junk; }), tls_error);
}

TEST_F(tls_files, of_a_key_for_another_certificate_are_refused) {
    const std::string text = text_of<tls_error>([] {
        tls_context::server(test_certificates().server(), test_certificates().client_key());
    });
    EXPECT_TRUE(contains(text, "key values mismatch")) << text;
}

TEST_F(tls_files, of_a_locked_key_need_the_password_and_never_ask_for_it) {
    const auto locked = [](const char* password) {
        return client_with([&](tls_client_options& o) {
            o.certificate_file = test_certificates().client();
            o.private_key_file = test_certificates().file("locked.key");
            o.private_key_password = password;
        });
    };
    EXPECT_EQ(shake_hands(locked("secret"), strict_server(tls_client_certificate::required))
                  .server.info.peer_subject,
              "CN=client");
    EXPECT_THROW(locked("wrong"), tls_error);
    EXPECT_THROW(locked(""), tls_error);
}

} // namespace
} // namespace weft
