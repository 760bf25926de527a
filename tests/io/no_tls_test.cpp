// SPDX-License-Identifier: BSL-1.0
//
// What a weft that was built without TLS says to those who ask for it.
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <string>

namespace weft {
namespace {

using no_tls = test::net_test;

TEST_F(no_tls, a_context_cannot_be_made_and_the_error_says_why) {
    EXPECT_EQ(test::error_of([] { const tls_context by_default; }), ENOTSUP);
    EXPECT_EQ(test::error_of([] { tls_context::client(); }), ENOTSUP);
    const std::string text =
        test::text_of<std::system_error>([] { tls_context::server("chain.pem", "key.pem"); });
    EXPECT_EQ(text.find("weft::tls_context::server: weft was built without TLS; install OpenSSL"),
              0U)
        << text;
}

TEST_F(no_tls, plain_streams_are_what_they_are) {
    weft::run([] {
        test::stream_pair pair = test::connect_unix();
        pair.near.handshake();
        EXPECT_THROW(tls_info_of(pair.near), invalid_state);
        pair.near.write("x");
        EXPECT_EQ(pair.far.read(1), "x");
    });
}

} // namespace
} // namespace weft
