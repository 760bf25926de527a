// SPDX-License-Identifier: BSL-1.0
//
// What asio_stream makes an error code, and which.
#include "tests/support/asio_streams.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace weft {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using test::code_of;
using test::read_once;

using asio_stream_errors = test::asio_test;
INSTANTIATE_TEST_SUITE_P(over, asio_stream_errors, test::all_transports, test::name_of);

TEST_P(asio_stream_errors, of_a_closed_stream_are_bad_descriptor) {
    weft::run([] {
        asio_stream closed;
        EXPECT_FALSE(closed.is_open());
        error_code error;
        EXPECT_EQ(closed.write_some(asio::buffer("x", 1), error), 0U);
        EXPECT_EQ(error, asio::error::bad_descriptor);
        std::array<char, 1> room{};
        EXPECT_EQ(closed.read_some(asio::buffer(room), error), 0U);
        EXPECT_EQ(error, asio::error::bad_descriptor);
        closed.close();
    });
}

TEST_P(asio_stream_errors, name_the_call_where_they_are_thrown) {
    weft::run([] {
        asio_stream closed;
        std::array<char, 1> room{};
        EXPECT_NE(test::text_of<boost::system::system_error>([&] {
                      closed.read_some(asio::buffer(room));
                  }).find("weft::asio_stream::read_some"),
                  std::string::npos);
        EXPECT_NE(test::text_of<boost::system::system_error>([&] {
                      closed.write_some(asio::buffer(room));
                  }).find("weft::asio_stream::write_some"),
                  std::string::npos);
    });
}

class asio_stream_tcp_errors : public test::net_test {};

TEST_F(asio_stream_tcp_errors, of_a_reset_are_connection_reset) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        asio_stream near(std::move(pair.near));
        test::reset_on_close(pair.far.native_handle());
        pair.far.close();
        std::array<char, 4> room{};
        error_code error;
        near.read_some(asio::buffer(room), error);
        EXPECT_EQ(error, asio::error::connection_reset);
        EXPECT_EQ(error, boost::system::errc::connection_reset);
    });
}

TEST_P(asio_stream_errors, of_a_peer_that_reads_no_more_are_broken_pipe) {
    with_asio_streams([](asio_stream& near, asio_stream&) {
        near.get_stream().shutdown_write();
        error_code error;
        near.write_some(asio::buffer("x", 1), error);
        EXPECT_EQ(error, asio::error::broken_pipe);
    });
}

TEST_P(asio_stream_errors, a_close_under_a_waiter_is_bad_descriptor_for_it) {
    with_asio_streams([](asio_stream& near, asio_stream&) {
        auto reader = spawn([&] { return code_of([&] { read_once(near); }); });
        test::yield_times(3);
        near.close();
        EXPECT_EQ(reader.get(), asio::error::bad_descriptor);
        EXPECT_FALSE(near.is_open());
    });
}

#if WEFT_WITH_TLS
class asio_stream_tls : public test::asio_test {};
INSTANTIATE_TEST_SUITE_P(over, asio_stream_tls,
                         testing::Values(test::transport::tls,
                                         test::transport::tls_over_unix_socket),
                         test::name_of);

TEST_P(asio_stream_tls, that_is_cut_off_is_truncated_and_not_at_its_end) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        ::shutdown(far.get_stream().native_handle(), SHUT_WR);
        EXPECT_EQ(code_of([&] { read_once(near); }), as_boost_error(tls_errc::truncated));
    });
}
#endif

class strange_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "strange"; }
    std::string message(int value) const override { return "strange " + std::to_string(value); }
};

TEST(asio_stream_categories, that_boost_lacks_keep_their_name_number_and_text) {
    const strange_category strange;
    const error_code error = as_boost_error({7, strange});
    EXPECT_TRUE(error);
    EXPECT_EQ(error.value(), 7);
    EXPECT_STREQ(error.category().name(), "strange");
    EXPECT_EQ(error.message(), "strange 7");
    EXPECT_EQ(error, as_boost_error({7, strange}));
    EXPECT_NE(error, as_boost_error({8, strange}));
    const strange_category other;
    EXPECT_NE(error, as_boost_error({7, other}));
}

TEST(asio_stream_categories, that_both_have_are_boosts_own) {
    EXPECT_EQ(as_boost_error({ECONNRESET, std::system_category()}), asio::error::connection_reset);
    EXPECT_EQ(as_boost_error(std::make_error_code(std::errc::timed_out)),
              make_error_code(boost::system::errc::timed_out));
    EXPECT_FALSE(as_boost_error({}));
}

} // namespace
} // namespace weft
