// SPDX-License-Identifier: BSL-1.0
//
// asio_stream as Asio sees it: what it reads, what it writes, and what Beast asks for besides. Its
// errors are in asio_stream_errors_test, several tasks at one in asio_stream_sharing_test.
#include "tests/support/allocation_count.hpp"
#include "tests/support/asio_streams.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace weft {
namespace {

namespace asio = boost::asio;
using boost::beast::role_type;
using boost::system::error_code;
using test::code_of;
using test::connect_packets;
using test::pattern;
using test::put;
using test::read_once;
using test::read_to_end;

static_assert(boost::beast::is_sync_stream<asio_stream>::value);
static_assert(std::is_nothrow_move_constructible_v<asio_stream>);
static_assert(std::is_nothrow_move_assignable_v<asio_stream>);
static_assert(!std::is_copy_constructible_v<asio_stream>);

using asio_stream_read = test::asio_test;
using asio_stream_write = test::asio_test;
using asio_stream_teardown = test::asio_test;
using asio_stream_executor = test::asio_test;
INSTANTIATE_TEST_SUITE_P(over, asio_stream_read, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_stream_write, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_stream_teardown, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_stream_executor, test::all_transports, test::name_of);

// --- reading ---

TEST_P(asio_stream_read, fills_the_first_buffer_that_has_room) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        std::array<char, 4> first{};
        std::array<char, 4> second{};
        const std::array<asio::mutable_buffer, 4> buffers = {
            asio::mutable_buffer{}, asio::buffer(first.data(), 0), asio::buffer(first),
            asio::buffer(second)};
        put(far.get_stream(), "weft");
        EXPECT_EQ(near.read_some(buffers), 4U);
        EXPECT_EQ(std::string_view(first.data(), 4), "weft");
    });
}

TEST_P(asio_stream_read, into_no_room_is_nothing_and_no_end) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        error_code error = asio::error::eof;
        EXPECT_EQ(near.read_some(asio::mutable_buffer{}, error), 0U);
        EXPECT_FALSE(error);
        EXPECT_EQ(near.read_some(std::vector<asio::mutable_buffer>{}), 0U);
        put(far.get_stream(), "more");
        EXPECT_EQ(read_once(near), "more");
    });
}

TEST_P(asio_stream_read, reports_the_end_of_the_stream_as_eof_each_time) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        put(far.get_stream(), "last");
        far.close();
        EXPECT_EQ(read_once(near), "last");
        for (int i = 0; i < 2; ++i) {
            std::array<char, 4> room{};
            error_code error;
            EXPECT_EQ(near.read_some(asio::buffer(room), error), 0U);
            EXPECT_EQ(error, asio::error::eof);
            EXPECT_EQ(code_of([&] { near.read_some(asio::buffer(room)); }), asio::error::eof);
        }
    });
}

TEST_P(asio_stream_read, clears_an_old_error) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        put(far.get_stream(), "x");
        std::array<char, 4> room{};
        error_code error = asio::error::connection_reset;
        EXPECT_EQ(near.read_some(asio::buffer(room), error), 1U);
        EXPECT_FALSE(error);
    });
}

TEST_P(asio_stream_read, gives_what_the_stream_has_received_before) {
    weft::run([] {
        test::stream_pair pair = connect();
        pair.far.write("HELO\nrest");
        EXPECT_EQ(pair.near.read_line(), "HELO\n");
        asio_stream near(std::move(pair.near));
        EXPECT_EQ(read_once(near), "rest");
    });
}

TEST_P(asio_stream_read, works_under_asios_own_functions) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        const auto writer = spawn([&far] {
            for (const char c : std::string_view("first line\nsecond line\n12345")) {
                asio::write(far, asio::buffer(&c, 1));
                yield();
            }
            far.close();
        });
        std::string text;
        EXPECT_EQ(asio::read_until(near, asio::dynamic_buffer(text), '\n'), 11U);
        text.erase(0, 11);
        EXPECT_EQ(asio::read_until(near, asio::dynamic_buffer(text), "line\n"), 12U);
        text.erase(0, 12);
        std::array<char, 5> digits{};
        asio::read(near, asio::buffer(digits, 5 - text.size()));
        EXPECT_EQ(text + std::string(digits.data(), 5 - text.size()), "12345");
        EXPECT_EQ(read_to_end(near), "");
    });
}

// --- writing ---

TEST_P(asio_stream_write, sends_all_of_it_however_slow_the_peer_reads) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        const std::string much = pattern(5'000'000);
        const auto writer = spawn([&] {
            EXPECT_EQ(asio::write(near, asio::buffer(much)), much.size());
            near.close();
        });
        EXPECT_EQ(read_to_end(far), much);
    });
}

TEST_P(asio_stream_write, of_nothing_is_nothing) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        EXPECT_EQ(near.write_some(asio::const_buffer{}), 0U);
        EXPECT_EQ(near.write_some(std::vector<asio::const_buffer>{}), 0U);
        near.write_some(asio::buffer("x", 1));
        EXPECT_EQ(read_once(far), "x");
    });
}

class asio_stream_packets : public test::net_test {};

TEST_F(asio_stream_packets, several_buffers_go_in_one_system_call) {
    weft::run([] {
        test::stream_pair pair = connect_packets();
        asio_stream near(std::move(pair.near));
        const std::array<asio::const_buffer, 4> buffers = {
            asio::buffer("HTTP/1.1 ", 9), asio::buffer("200 ", 4), asio::const_buffer{},
            asio::buffer("OK", 2)};
        EXPECT_EQ(near.write_some(buffers), 15U);
        EXPECT_EQ(test::read_some(pair.far, 100), "HTTP/1.1 200 OK");
    });
}

TEST_F(asio_stream_packets, of_very_many_buffers_the_first_go_and_are_counted) {
    weft::run([] {
        test::stream_pair pair = connect_packets();
        asio_stream near(std::move(pair.near));
        const std::string text = pattern(100);
        std::vector<asio::const_buffer> buffers;
        for (const char& c : text) {
            buffers.push_back(asio::buffer(&c, 1));
            buffers.push_back(asio::const_buffer{});
        }
        EXPECT_EQ(near.write_some(buffers), 64U);
        EXPECT_EQ(test::read_some(pair.far, 100), text.substr(0, 64));
        EXPECT_EQ(asio::write(near, buffers), 100U);
        std::string all;
        while (all.size() < text.size()) {
            all += test::read_some(pair.far, 100);
        }
        EXPECT_EQ(all, text);
    });
}

TEST_P(asio_stream_write, and_read_allocate_nothing) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        const std::array<asio::const_buffer, 2> buffers = {asio::buffer("warp", 4),
                                                           asio::buffer("weft", 4)};
        std::array<char, 100> room{};
        const auto exchange = [&] {
            near.write_some(buffers);
            far.read_some(asio::buffer(room));
        };
        for (int i = 0; i < 3; ++i) { // the first ones are watched for the first time
            exchange();
        }
        const test::allocation_count count;
        exchange();
        EXPECT_EQ(count.so_far(), 0U);
    });
}

// --- what Beast asks for besides ---

TEST_P(asio_stream_teardown, closes_both_sides_when_both_have_ended) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        put(far.get_stream(), "nobody reads this");
        auto server = spawn([&] {
            error_code error;
            teardown(role_type::server, near, error);
            return error;
        });
        error_code error;
        teardown(role_type::client, far, error);
        EXPECT_FALSE(error) << error.message();
        EXPECT_FALSE(server.get());
        EXPECT_FALSE(near.is_open());
        EXPECT_FALSE(far.is_open());
    });
}

TEST_P(asio_stream_teardown, reports_what_went_wrong) {
    with_asio_streams([](asio_stream& near, asio_stream&) {
        near.close();
        for (const role_type role : {role_type::server, role_type::client}) {
            error_code error;
            teardown(role, near, error);
            EXPECT_EQ(error, asio::error::bad_descriptor);
        }
    });
}

TEST_P(asio_stream_teardown, is_cancelled_while_the_peer_keeps_its_side_open) {
    with_asio_streams(
        [](asio_stream& near, asio_stream&) {
            EXPECT_THROW(with_timeout(std::chrono::seconds(5),
                                      [&] {
                                          error_code error;
                                          teardown(role_type::server, near, error);
                                      }),
                         timeout_error);
        },
        {.virtual_time = true});
}

TEST_P(asio_stream_teardown, beasts_close_closes) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        boost::beast::close_socket(boost::beast::get_lowest_layer(near));
        EXPECT_FALSE(near.is_open());
        EXPECT_EQ(read_to_end(far), "");
    });
}

TEST_P(asio_stream_executor, is_of_one_context_for_all_and_goes_with_the_last) {
    weft::run([] {
        test::stream_pair pair = connect();
        std::optional<asio_stream> near(std::move(pair.near));
        asio_stream far(std::move(pair.far));
        EXPECT_EQ(near->get_executor(), far.get_executor());
        boost::asio::io_context& context = far.get_executor().context();
        near.reset();
        EXPECT_EQ(&far.get_executor().context(), &context);
        asio_stream moved = std::move(far);
        EXPECT_EQ(&moved.get_executor().context(), &context);
        EXPECT_EQ(&far.get_executor().context(), &context)
            << "what was built around the old place still needs it";
    });
    // That the context has gone is the fixture's to see: it has descriptors.
}

TEST_P(asio_stream_executor, a_stream_is_taken_out_by_a_move) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        stream plain = std::move(near.get_stream());
        EXPECT_FALSE(near.is_open());
        plain.write("plain\n");
        EXPECT_EQ(far.get_stream().read_line(), "plain\n");
        near = asio_stream(std::move(plain));
        EXPECT_TRUE(near.is_open());
        near.write_some(asio::buffer("again", 5));
        EXPECT_EQ(read_once(far), "again");
    });
}

} // namespace
} // namespace weft
