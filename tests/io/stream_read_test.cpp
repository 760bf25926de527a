// SPDX-License-Identifier: BSL-1.0
//
// Reading from a stream: how much each call brings, what stays for the next one, and the end.
#include "tests/support/net_streams.hpp"

#include <limits>
#include <string>

namespace weft {
namespace {

using test::pattern;
using test::put;
using test::read_some;
using stream_read = test::stream_test;
INSTANTIATE_TEST_SUITE_P(over, stream_read, test::all_transports, test::name_of);

constexpr auto as_much_as_there_is = std::numeric_limits<std::size_t>::max();

// --- read_some ---

TEST_P(stream_read, some_brings_what_is_there) {
    with_connection([](stream& near, stream& far) {
        put(far, "hello");
        EXPECT_EQ(read_some(near, 100), "hello");
    });
}

TEST_P(stream_read, some_brings_at_most_what_fits) {
    with_connection([](stream& near, stream& far) {
        put(far, "hello");
        EXPECT_EQ(read_some(near, 2), "he");
        EXPECT_EQ(read_some(near, 2), "ll");
        EXPECT_EQ(read_some(near, 2), "o");
    });
}

TEST_P(stream_read, some_blocks_until_a_byte_is_there) {
    with_connection([](stream& near, stream& far) {
        bool written = false;
        task<void> reader = spawn([&] {
            EXPECT_EQ(read_some(near, 10), "x");
            EXPECT_TRUE(written);
        });
        test::yield_times(5);
        EXPECT_FALSE(reader.done());
        written = true;
        put(far, "x");
        reader.get();
    });
}

TEST_P(stream_read, some_is_zero_at_the_end_and_stays_so) {
    with_connection([](stream& near, stream& far) {
        put(far, "last");
        far.close();
        EXPECT_EQ(read_some(near, 10), "last");
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(read_some(near, 10), "");
        }
    });
}

TEST_P(stream_read, some_into_nothing_is_zero_at_once) {
    with_connection([](stream& near, stream& far) {
        EXPECT_EQ(near.read_some({}), 0U); // and does not wait for data
        put(far, "x");
        EXPECT_EQ(near.read_some({}), 0U);
        EXPECT_EQ(read_some(near, 10), "x");
        EXPECT_FALSE(near.at_eof());
    });
}

TEST_P(stream_read, what_is_there_already_costs_no_turn) {
    with_connection([](stream& near, stream& far) {
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        put(far, "line\nrest");
        EXPECT_EQ(near.read_line(), "line\n");
        EXPECT_EQ(read_some(near, 10), "rest");
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_P(stream_read, a_reader_that_empties_the_stream_each_time_gets_every_byte) {
    with_connection([](stream& near, stream& far) {
        for (int i = 0; i < 100; ++i) {
            put(far, std::to_string(i));
            EXPECT_EQ(read_some(near, 10), std::to_string(i));
        }
    });
}

// --- read ---

TEST_P(stream_read, read_brings_at_least_one_byte_and_at_most_n) {
    with_connection([](stream& near, stream& far) {
        put(far, "hello");
        EXPECT_EQ(near.read(2), "he");
        EXPECT_EQ(near.read(as_much_as_there_is), "llo");
        task<std::string> reader = spawn([&] { return near.read(100); });
        test::yield_times(5);
        EXPECT_FALSE(reader.done());
        put(far, "x");
        EXPECT_EQ(reader.get(), "x");
    });
}

TEST_P(stream_read, read_of_nothing_is_empty_at_once) {
    with_connection([](stream& near, stream& far) {
        EXPECT_EQ(near.read(0), "");
        put(far, "x");
        EXPECT_EQ(near.read(0), "");
        EXPECT_EQ(near.read(1), "x");
    });
}

TEST_P(stream_read, read_at_the_end_is_empty) {
    with_connection([](stream& near, stream& far) {
        far.shutdown_write();
        EXPECT_EQ(near.read(10), "");
        EXPECT_EQ(near.read(10), "");
    });
}

TEST_P(stream_read, read_of_much_brings_much_at_once) {
    with_connection([](stream& near, stream& far) {
        const std::string much = pattern(16 * 1024);
        put(far, much);
        EXPECT_EQ(near.read(much.size()).size(), much.size());
    });
}

// --- read_exactly ---

TEST_P(stream_read, exactly_waits_for_all_of_it) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return near.read_exactly(6); });
        for (const char* piece : {"ab", "cd", "efgh"}) {
            test::yield_times(3);
            EXPECT_FALSE(reader.done());
            put(far, piece);
        }
        EXPECT_EQ(reader.get(), "abcdef");
        EXPECT_EQ(near.read(10), "gh");
    });
}

TEST_P(stream_read, exactly_nothing_is_empty_at_once) {
    with_connection([](stream& near, stream& far) {
        EXPECT_EQ(near.read_exactly(0), "");
        far.close();
        EXPECT_EQ(near.read_exactly(0), "");
    });
}

TEST_P(stream_read, exactly_tells_what_came_when_the_end_comes_first) {
    with_connection([](stream& near, stream& far) {
        put(far, "abc");
        far.close();
        try {
            near.read_exactly(5);
            FAIL();
        } catch (const incomplete_read& e) {
            EXPECT_EQ(e.partial(), "abc");
            EXPECT_EQ(e.expected(), 5U);
            EXPECT_EQ(std::string(e.what()).find("weft::stream::read_exactly"), 0U) << e.what();
        }
        EXPECT_TRUE(near.at_eof()) << "the error has taken it out";
        EXPECT_EQ(near.read(10), "");
        EXPECT_THROW(near.read_exactly(1), incomplete_read);
    });
}

TEST_P(stream_read, exactly_of_the_last_bytes_is_no_error) {
    with_connection([](stream& near, stream& far) {
        put(far, "abc");
        far.close();
        EXPECT_EQ(near.read_exactly(3), "abc");
    });
}

TEST_P(stream_read, exactly_of_megabytes) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = pattern(3 * 1024 * 1024 + 17);
        task<void> writer = spawn([&] { far.write(sent); });
        EXPECT_EQ(near.read_exactly(sent.size()), sent);
        writer.get();
    });
}

TEST_P(stream_read, exactly_more_than_will_ever_come_takes_no_memory_for_it) {
    with_connection([](stream& near, stream& far) {
        put(far, "abc");
        far.close();
        EXPECT_EQ(test::text_of<incomplete_read>([&] {
                      near.read_exactly(as_much_as_there_is);
                  }).find("weft::stream::read_exactly: the stream ended after 3 bytes"),
                  0U);
    });
}

// --- read_all ---

TEST_P(stream_read, all_waits_for_the_end) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return near.read_all(); });
        put(far, "one ");
        test::yield_times(3);
        put(far, "two");
        test::yield_times(3);
        EXPECT_FALSE(reader.done());
        far.shutdown_write();
        EXPECT_EQ(reader.get(), "one two");
        EXPECT_EQ(near.read_all(), "");
        EXPECT_TRUE(near.at_eof());
    });
}

TEST_P(stream_read, all_of_megabytes) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = pattern(2 * 1024 * 1024 + 1);
        task<void> writer = spawn([&] {
            far.write(sent);
            far.close();
        });
        EXPECT_EQ(near.read_all(), sent);
        writer.get();
    });
}

TEST_P(stream_read, all_begins_with_what_was_read_ahead) {
    with_connection([](stream& near, stream& far) {
        put(far, "first\nrest");
        far.close();
        EXPECT_EQ(near.read_line(), "first\n");
        EXPECT_EQ(near.read_all(), "rest");
    });
}

// --- all of them ---

TEST_P(stream_read, calls_of_every_kind_take_turns_on_one_buffer) {
    with_connection([](stream& near, stream& far) {
        put(far, "line\n12345key=value;some rest and the end");
        EXPECT_EQ(near.read_line(), "line\n");
        EXPECT_EQ(near.read_exactly(5), "12345");
        EXPECT_EQ(near.read_until("="), "key=");
        EXPECT_EQ(near.read_until(";"), "value;");
        EXPECT_EQ(read_some(near, 5), "some ");
        EXPECT_EQ(near.read(5), "rest ");
        far.close();
        EXPECT_EQ(near.read_all(), "and the end");
    });
}

TEST_P(stream_read, bytes_that_come_one_at_a_time_are_all_the_same_to_it) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = "GET / HTTP/1.1\r\nlength: 5\r\n\r\n12345the rest";
        task<void> writer = spawn([&] {
            for (const char c : sent) {
                far.write(std::string_view(&c, 1));
                yield();
            }
            far.close();
        });
        EXPECT_EQ(near.read_line(), "GET / HTTP/1.1\r\n");
        EXPECT_EQ(near.read_until("\r\n\r\n"), "length: 5\r\n\r\n");
        EXPECT_EQ(near.read_exactly(5), "12345");
        EXPECT_EQ(near.read(1), "t");
        EXPECT_EQ(near.read_all(), "he rest");
        writer.get();
    });
}

TEST_P(stream_read, at_eof_is_true_only_when_the_end_was_met_and_everything_read) {
    with_connection([](stream& near, stream& far) {
        EXPECT_FALSE(near.at_eof());
        put(far, "line\nrest");
        far.close();
        EXPECT_FALSE(near.at_eof());
        EXPECT_EQ(near.read_line(), "line\n");
        EXPECT_FALSE(near.at_eof());
        EXPECT_THROW(near.read_until("#"), incomplete_read);
        EXPECT_TRUE(near.at_eof());
    });
}

} // namespace
} // namespace weft
