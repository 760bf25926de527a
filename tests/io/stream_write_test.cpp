// SPDX-License-Identifier: BSL-1.0
//
// Writing to a stream: all of it arrives whatever its form and size, a slow reader slows the writer
// down, and a peer that reads no more is an error and no signal.
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>

namespace weft {
namespace {

using test::error_of;
using test::fill_up;
using test::pattern;
using test::read_some;
using stream_write = test::stream_test;
using stream_end = test::stream_test;
INSTANTIATE_TEST_SUITE_P(over, stream_write, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, stream_end, test::all_transports, test::name_of);

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// --- forms ---

TEST_P(stream_write, takes_bytes_text_and_pieces) {
    with_connection([](stream& near, stream& far) {
        near.write(bytes("bytes "));
        near.write("text ");
        near.write({"pieces ", "of ", "text"});
        EXPECT_EQ(far.read_exactly(25), "bytes text pieces of text");
    });
}

TEST_P(stream_write, nothing_is_nothing) {
    with_connection([](stream& near, stream& far) {
        near.write(std::span<const std::byte>());
        near.write("");
        near.write({});
        near.write({"", ""});
        EXPECT_EQ(near.write_some({}), 0U);
        near.write({"", "a", "", "b", ""});
        EXPECT_EQ(read_some(far, 10), "ab");
    });
}

TEST_P(stream_write, more_pieces_than_fit_one_call) {
    with_connection([](stream& near, stream& far) {
        near.write({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e",
                    "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
                    "u", "v", "w", "x", "y", "z", "0", "1", "2", "3", "4", "5", "6", "7", "8",
                    "9", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n",
                    "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"});
        const std::string once = "0123456789abcdefghijklmnopqrstuvwxyz";
        EXPECT_EQ(far.read_exactly(2 * once.size()), once + once);
    });
}

TEST_P(stream_write, what_fits_costs_no_turn) {
    with_connection([](stream& near, stream& far) {
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        near.write("fits");
        near.write({"fits", "too"});
        EXPECT_EQ(near.write_some(bytes("!")), 1U);
        EXPECT_FALSE(other_ran);
        other.get();
        EXPECT_EQ(far.read(100), "fitsfitstoo!");
    });
}

TEST_P(stream_write, of_a_list_made_at_run_time_of_any_length) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = pattern(1'000);
        std::vector<std::string_view> pieces;
        near.write(pieces);
        for (std::size_t i = 0; i < sent.size(); ++i) {
            pieces.push_back(std::string_view(sent).substr(i, 1));
            pieces.emplace_back();
        }
        near.write(pieces);
        EXPECT_EQ(far.read_exactly(sent.size()), sent);
    });
}

// --- back-pressure ---

TEST_P(stream_write, of_megabytes_arrives_whole) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = pattern(8 * 1024 * 1024 + 3);
        task<void> writer = spawn([&] { near.write(sent); });
        EXPECT_EQ(far.read_exactly(sent.size()), sent);
        writer.get();
    });
}

TEST_P(stream_write, of_large_pieces_arrives_whole) {
    with_connection([](stream& near, stream& far) {
        const std::string a = pattern(1'000'003);
        const std::string b = pattern(700'001);
        task<void> writer = spawn([&] { near.write({a, "|", b, "", a, "#"}); });
        EXPECT_EQ(far.read_exactly(a.size()), a);
        EXPECT_EQ(far.read_exactly(1), "|");
        EXPECT_EQ(far.read_exactly(b.size()), b);
        EXPECT_EQ(far.read_exactly(a.size()), a);
        EXPECT_EQ(far.read_exactly(1), "#");
        writer.get();
    });
}

TEST_P(stream_write, blocks_while_the_reader_does_not_read) {
    with_connection([](stream& near, stream& far) {
        const std::size_t on_the_way = fill_up(near);
        bool written = false;
        task<void> writer = spawn([&] {
            near.write("the last");
            written = true;
        });
        test::yield_times(10);
        EXPECT_FALSE(written);
        far.read_exactly(on_the_way);
        EXPECT_EQ(far.read_exactly(8), "the last");
        writer.get();
    });
}

TEST_P(stream_write, some_writes_what_there_is_room_for) {
    with_connection([](stream& near, stream& far) {
        const std::string much = pattern(16 * 1024 * 1024);
        const std::size_t n = near.write_some(bytes(much));
        EXPECT_GT(n, 0U);
        EXPECT_LT(n, much.size());
        EXPECT_EQ(far.read_exactly(n), much.substr(0, n));
    });
}

TEST_P(stream_write, some_blocks_until_there_is_room) {
    with_connection([](stream& near, stream& far) {
        const std::size_t on_the_way = fill_up(near);
        task<std::size_t> writer = spawn([&] { return near.write_some(bytes("x")); });
        test::yield_times(10);
        EXPECT_FALSE(writer.done());
        far.read_exactly(on_the_way);
        EXPECT_EQ(writer.get(), 1U);
        EXPECT_EQ(far.read_exactly(1), "x");
    });
}

TEST_P(stream_write, a_slow_reader_of_small_portions_gets_everything_in_order) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = pattern(400'000);
        task<void> writer = spawn([&] {
            near.write(sent);
            near.close();
        });
        std::string received;
        for (std::string part; !(part = far.read(1 + received.size() % 977)).empty();) {
            received += part;
        }
        EXPECT_EQ(received, sent);
        writer.get();
    });
}

TEST_P(stream_write, both_ends_may_write_more_than_fits_when_both_read) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = pattern(2 * 1024 * 1024);
        const auto exchange = [&sent](stream& s) {
            task<void> writer = spawn([&] { s.write(sent); });
            EXPECT_EQ(s.read_exactly(sent.size()), sent);
            writer.get();
        };
        gather([&] { exchange(near); }, [&] { exchange(far); });
    });
}

TEST_P(stream_write, of_more_than_the_kernel_takes_in_one_call_begins_like_any_other) {
    with_connection([](stream& near, stream&) {
        constexpr std::size_t size = std::size_t{5} << 30;
        void* zeros =
            ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ASSERT_NE(zeros, MAP_FAILED);
        const std::span much(static_cast<const std::byte*>(zeros), size);
        const std::size_t n = near.write_some(much);
        EXPECT_GT(n, 0U);
        EXPECT_LT(n, size);
        EXPECT_THROW(with_timeout(std::chrono::milliseconds(1), [&] { near.write(much); }),
                     timeout_error);
        ::munmap(zeros, size);
    });
}

// --- the end of writing, and of the peer ---

TEST_P(stream_end, shutdown_write_ends_one_direction_only) {
    with_connection([](stream& near, stream& far) {
        near.write("request");
        near.shutdown_write();
        EXPECT_EQ(far.read_all(), "request");
        far.write("response after the end");
        far.close();
        EXPECT_EQ(near.read_all(), "response after the end");
    });
}

TEST_P(stream_end, nothing_can_be_written_after_shutdown_write) {
    with_connection([](stream& near, stream& far) {
        near.shutdown_write();
        EXPECT_EQ(error_of([&] { near.write("more"); }), EPIPE);
        EXPECT_EQ(error_of([&] { near.write_some(bytes("more")); }), EPIPE);
        near.write(""); // asks nothing of the connection
        near.shutdown_write();
        EXPECT_EQ(far.read_all(), "");
        far.write("still");
        EXPECT_EQ(near.read(10), "still");
    });
}

TEST_P(stream_end, shutdown_write_ends_the_write_of_another_task) {
    with_connection([](stream& near, stream& far) {
        const std::size_t on_the_way = fill_up(near);
        task<void> writer = spawn([&] { EXPECT_EQ(error_of([&] { near.write("x"); }), EPIPE); });
        test::yield_times(3);
        task<void> shutting = spawn([&] { near.shutdown_write(); }); // over TLS it waits for room
        writer.get();
        EXPECT_EQ(far.read_all().size(), on_the_way);
        shutting.get();
    });
}

TEST_P(stream_end, writing_to_a_peer_that_is_gone_is_an_error_and_no_signal) {
    const auto before = std::signal(SIGPIPE, SIG_DFL); // which would end this process
    with_connection([](stream& near, stream& far) {
        far.close();
        const std::string much = pattern(1024 * 1024);
        const int error = error_of([&] {
            for (;;) { // over TCP the first one is only answered by a reset
                near.write(much);
            }
        });
        EXPECT_TRUE(error == EPIPE || error == ECONNRESET) << error;
        EXPECT_EQ(error_of([&] { near.write("again"); }), EPIPE);
    });
    std::signal(SIGPIPE, before);
}

TEST_P(stream_end, a_writer_that_waits_learns_that_the_peer_is_gone) {
    with_connection([](stream& near, stream& far) {
        fill_up(near);
        task<int> writer = spawn([&] { return error_of([&] { near.write("x"); }); });
        test::yield_times(3);
        far.close(); // with everything unread
        const int error = writer.get();
        EXPECT_TRUE(error == EPIPE || error == ECONNRESET) << error;
    });
}

TEST_P(stream_end, what_was_written_before_the_close_is_read_after_it) {
    with_connection([](stream& near, stream& far) {
        near.write("farewell");
        near.close();
        EXPECT_EQ(far.read_all(), "farewell");
        EXPECT_TRUE(far.at_eof());
    });
}

TEST_P(stream_end, the_destructor_closes) {
    with_connection([](stream& near, stream& far) {
        { const stream gone = std::move(near); }
        EXPECT_EQ(far.read_all(), "");
    });
}

} // namespace
} // namespace weft
