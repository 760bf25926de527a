// SPDX-License-Identifier: BSL-1.0
//
// Reading up to a separator: wherever the pieces of a message are cut on their way, and within a
// limit.
#include "tests/support/net_streams.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace weft {
namespace {

using test::pattern;
using test::put;
using stream_lines = test::stream_test;
using stream_limit = test::stream_test;
INSTANTIATE_TEST_SUITE_P(over, stream_lines, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, stream_limit, test::all_transports, test::name_of);

using namespace std::string_literals;

TEST_P(stream_lines, a_separator_is_part_of_what_is_returned) {
    with_connection([](stream& near, stream& far) {
        put(far, "a;bb;;ccc");
        EXPECT_EQ(near.read_until(";"), "a;");
        EXPECT_EQ(near.read_until(";"), "bb;");
        EXPECT_EQ(near.read_until(";"), ";");
        put(far, ";");
        EXPECT_EQ(near.read_until(";"), "ccc;");
    });
}

TEST_P(stream_lines, a_separator_may_be_cut_anywhere) {
    with_connection([](stream& near, stream& far) {
        const std::string message = "head\r\n\r\nbody";
        for (std::size_t cut = 1; cut < message.size(); ++cut) {
            SCOPED_TRACE(cut);
            task<std::string> reader = spawn([&] { return near.read_until("\r\n\r\n"); });
            put(far, message.substr(0, cut));
            test::yield_times(3);
            put(far, message.substr(cut));
            EXPECT_EQ(reader.get(), "head\r\n\r\n");
            EXPECT_EQ(near.read_exactly(4), "body");
        }
    });
}

TEST_P(stream_lines, the_beginning_of_a_separator_may_repeat) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return near.read_until("aab"); });
        for (const char c : "aaaab"s) {
            put(far, std::string_view(&c, 1));
            test::yield_times(2);
        }
        EXPECT_EQ(reader.get(), "aaaab");
    });
}

TEST_P(stream_lines, the_shortest_match_ends_it) {
    with_connection([](stream& near, stream& far) {
        put(far, "----");
        EXPECT_EQ(near.read_until("--"), "--");
        EXPECT_EQ(near.read_until("--"), "--");
    });
}

TEST_P(stream_lines, a_separator_is_any_bytes) {
    with_connection([](stream& near, stream& far) {
        put(far, "a\0b\0\0c"s);
        EXPECT_EQ(near.read_until("\0\0"s), "a\0b\0\0"s);
        EXPECT_EQ(near.read(10), "c");
    });
}

TEST_P(stream_lines, an_empty_separator_is_an_invalid_argument) {
    with_connection([](stream& near, stream&) {
        EXPECT_EQ(test::text_of<std::invalid_argument>([&] { near.read_until(""); }),
                  "weft::stream::read_until: the separator is empty");
    });
}

TEST_P(stream_lines, until_tells_what_came_when_the_end_comes_first) {
    with_connection([](stream& near, stream& far) {
        put(far, "no separator");
        far.close();
        try {
            near.read_until(";");
            FAIL();
        } catch (const incomplete_read& e) {
            EXPECT_EQ(e.partial(), "no separator");
            EXPECT_EQ(e.expected(), 0U);
            EXPECT_EQ(std::string(e.what()).find("weft::stream::read_until"), 0U) << e.what();
        }
        EXPECT_TRUE(near.at_eof());
        EXPECT_EQ(test::text_of<incomplete_read>([&] { near.read_until(";"); }).find("0 bytes") !=
                      std::string::npos,
                  true);
    });
}

TEST_P(stream_lines, lines_keep_their_ends) {
    with_connection([](stream& near, stream& far) {
        put(far, "one\ntwo\r\n\n\nlast");
        far.close();
        for (const char* line : {"one\n", "two\r\n", "\n", "\n", "last", "", ""}) {
            EXPECT_EQ(near.read_line(), line);
        }
        EXPECT_TRUE(near.at_eof());
    });
}

TEST_P(stream_lines, a_line_waits_for_its_end) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return near.read_line(); });
        put(far, "half a ");
        test::yield_times(5);
        EXPECT_FALSE(reader.done());
        put(far, "line\nand more");
        EXPECT_EQ(reader.get(), "half a line\n");
    });
}

TEST_P(stream_lines, ten_thousand_lines_of_all_lengths) {
    with_connection([](stream& near, stream& far) {
        constexpr std::size_t count = 10'000;
        const auto length = [](std::size_t i) { return (i * 37) % 300; };
        task<void> writer = spawn([&] {
            std::string text;
            for (std::size_t i = 0; i < count; ++i) {
                text += std::string(length(i), 'x') + '\n';
                if (text.size() > 5000) {
                    far.write(text);
                    text.clear();
                }
            }
            far.write(text);
            far.close();
        });
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(near.read_line().size(), length(i) + 1) << i;
        }
        EXPECT_EQ(near.read_line(), "");
        writer.get();
    });
}

// --- the limit ---

TEST_P(stream_limit, beyond_it_is_an_error_and_the_data_stay) {
    with_connection([](stream& near, stream& far) {
        near.set_read_limit(8);
        put(far, "0123456789;rest");
        const std::string text = test::text_of<limit_overrun>([&] { near.read_until(";"); });
        EXPECT_EQ(text.find("weft::stream::read_until: no separator within 8 bytes"), 0U) << text;
        EXPECT_NE(text.find("stream::set_read_limit"), std::string::npos) << text;
        EXPECT_THROW(near.read_until(";"), limit_overrun) << "again";
        EXPECT_EQ(near.read_exactly(2), "01") << "nothing is lost";
        near.set_read_limit(11);
        EXPECT_EQ(near.read_until(";"), "23456789;");
    });
}

TEST_P(stream_limit, holds_for_lines_too) {
    with_connection([](stream& near, stream& far) {
        near.set_read_limit(4);
        put(far, "12345\nabc\n");
        EXPECT_EQ(
            test::text_of<limit_overrun>([&] { near.read_line(); }).find("weft::stream::read_line"),
            0U);
        near.set_read_limit(6);
        EXPECT_EQ(near.read_line(), "12345\n");
        near.set_read_limit(4);
        EXPECT_EQ(near.read_line(), "abc\n") << "just long enough, its end included";
    });
}

TEST_P(stream_limit, counts_the_separator) {
    with_connection([](stream& near, stream& far) {
        near.set_read_limit(5);
        put(far, "1234--");
        EXPECT_THROW(near.read_until("--"), limit_overrun);
        near.set_read_limit(6);
        EXPECT_EQ(near.read_until("--"), "1234--");
    });
}

TEST_P(stream_limit, is_met_before_the_separator_comes) {
    with_connection([](stream& near, stream& far) {
        near.set_read_limit(10);
        task<void> reader = spawn([&] { EXPECT_THROW(near.read_line(), limit_overrun); });
        put(far, "0123456789");
        test::yield_times(3);
        EXPECT_FALSE(reader.done()) << "ten bytes are within it";
        put(far, "0");
        reader.get();
        EXPECT_EQ(near.read(100), "01234567890");
    });
}

TEST_P(stream_limit, is_64_kib_to_begin_with) {
    with_connection([](stream& near, stream& far) {
        constexpr std::size_t limit = 64 * 1024;
        task<void> writer = spawn([&] {
            far.write(std::string(limit - 1, 'x') + '\n');
            far.write(std::string(limit, 'x') + '\n');
        });
        EXPECT_EQ(near.read_line().size(), limit);
        EXPECT_THROW(near.read_line(), limit_overrun);
        EXPECT_EQ(near.read_exactly(limit + 1).size(), limit + 1);
        writer.get();
    });
}

TEST_P(stream_limit, does_not_hold_for_reads_of_a_given_size) {
    with_connection([](stream& near, stream& far) {
        near.set_read_limit(1);
        put(far, "0123456789");
        EXPECT_EQ(near.read_exactly(5), "01234");
        far.close();
        EXPECT_EQ(near.read_all(), "56789");
    });
}

TEST_P(stream_limit, may_be_raised_to_anything) {
    with_connection([](stream& near, stream& far) {
        near.set_read_limit(std::string::npos);
        const std::string line = std::string(1024 * 1024, 'x') + '\n';
        task<void> writer = spawn([&] { far.write(line); });
        EXPECT_EQ(near.read_line(), line);
        writer.get();
    });
}

} // namespace
} // namespace weft
