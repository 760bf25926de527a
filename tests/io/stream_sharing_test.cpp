// SPDX-License-Identifier: BSL-1.0
//
// Several tasks at one stream: one reads while another writes, a second of either kind is told that
// the stream is busy, and closing or destroying it under a waiting task is an error for that task
// and nothing worse.
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

namespace weft {
namespace {

using test::error_of;
using test::fill_up;
using test::pattern;
using test::put;
using test::read_some;
using stream_sharing = test::stream_test;
using stream_close = test::stream_test;
using stream_close_plain = test::stream_test;
INSTANTIATE_TEST_SUITE_P(over, stream_sharing, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, stream_close, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, stream_close_plain, test::plain_transports, test::name_of);

// --- sharing ---

TEST_P(stream_sharing, one_task_reads_while_another_writes) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return near.read_line(); });
        test::yield_times(3);
        near.write("question\n");
        EXPECT_EQ(far.read_line(), "question\n");
        far.write("answer\n");
        EXPECT_EQ(reader.get(), "answer\n");
    });
}

TEST_P(stream_sharing, a_second_reader_is_told_that_it_is_busy) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return near.read_line(); });
        test::yield_times(3);
        EXPECT_EQ(test::text_of<busy>([&] { near.read_line(); }),
                  "weft::stream::read_line: another task is reading this stream already; one at a "
                  "time");
        EXPECT_THROW(read_some(near, 1), busy);
        EXPECT_THROW(near.read_some({}), busy);
        EXPECT_THROW(near.read(1), busy);
        EXPECT_THROW(near.read(0), busy);
        EXPECT_THROW(near.read_exactly(1), busy);
        EXPECT_THROW(near.read_until("x"), busy);
        EXPECT_THROW(near.read_all(), busy);
        put(far, "line\nmore");
        EXPECT_EQ(reader.get(), "line\n") << "the first one has not noticed";
        EXPECT_EQ(near.read(10), "more") << "and afterwards it is free";
    });
}

TEST_P(stream_sharing, a_second_writer_is_told_that_it_is_busy) {
    with_connection([](stream& near, stream& far) {
        const std::size_t on_the_way = fill_up(near);
        task<void> writer = spawn([&] { near.write("first"); });
        test::yield_times(3);
        EXPECT_EQ(
            test::text_of<busy>([&] { near.write("second"); }),
            "weft::stream::write: another task is writing this stream already; one at a time");
        EXPECT_THROW(near.write({"a", "b"}), busy);
        EXPECT_THROW(near.write(""), busy);
        EXPECT_THROW(near.write_some({}), busy);
        far.read_exactly(on_the_way);
        writer.get();
        near.write(" second");
        EXPECT_EQ(far.read_exactly(12), "first second");
    });
}

TEST_P(stream_sharing, a_reader_that_was_cancelled_leaves_the_stream_free) {
    with_connection([](stream& near, stream& far) {
        {
            task<std::string> reader = spawn([&] { return near.read_line(); });
            test::yield_times(3);
        } // cancelled and joined
        put(far, "line\n");
        EXPECT_EQ(near.read_line(), "line\n");
    });
}

TEST_P(stream_sharing, a_stream_may_be_moved_while_a_task_reads_in_it) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return near.read_line(); });
        test::yield_times(3);
        stream moved = std::move(near);
        put(far, "line\nrest");
        EXPECT_EQ(reader.get(), "line\n");
        EXPECT_EQ(moved.read(10), "rest");
    });
}

// --- closing under a waiting task ---

TEST_P(stream_close, wakes_the_reader_with_an_error) {
    with_connection([](stream& near, stream&) {
        task<void> reader = spawn([&] {
            try {
                near.read_line();
                FAIL();
            } catch (const std::system_error& e) {
                EXPECT_EQ(e.code().value(), EBADF);
                EXPECT_EQ(
                    std::string(e.what()).find("weft::stream::read_line: closed while waiting"), 0U)
                    << e.what();
            }
        });
        test::yield_times(3);
        near.close();
        reader.get();
    });
}

TEST_P(stream_close, wakes_the_writer_with_an_error) {
    with_connection([](stream& near, stream&) {
        fill_up(near);
        task<int> writer = spawn([&] { return error_of([&] { near.write("x"); }); });
        test::yield_times(3);
        near.close();
        EXPECT_EQ(writer.get(), EBADF);
    });
}

TEST_P(stream_close, wakes_both) {
    with_connection([](stream& near, stream&) {
        fill_up(near);
        task<int> reader = spawn([&] { return error_of([&] { near.read(1); }); });
        task<int> writer = spawn([&] { return error_of([&] { near.write("x"); }); });
        sleep_for(std::chrono::microseconds(50)); // the loop has seen both waits
        near.close();
        EXPECT_EQ(reader.get(), EBADF);
        EXPECT_EQ(writer.get(), EBADF);
    });
}

TEST_P(stream_close, in_the_turn_in_which_data_come_is_an_error) {
    with_connection([](stream& near, stream& far) {
        task<int> reader = spawn([&] { return error_of([&] { near.read(1); }); });
        test::yield_times(3);
        put(far, "x");
        near.close();
        EXPECT_EQ(reader.get(), EBADF);
    });
}

TEST_P(stream_close, twice_is_once) {
    with_connection([](stream& near, stream& far) {
        near.close();
        near.close();
        EXPECT_EQ(near.native_handle(), -1);
        EXPECT_EQ(far.read_all(), "");
    });
}

TEST_P(stream_close, a_destroyed_stream_ends_the_read_of_another_task) {
    with_connection([](stream& near, stream&) {
        auto owned = std::make_unique<stream>(std::move(near));
        task<int> reader = spawn([&s = *owned] { return error_of([&] { s.read_exactly(100); }); });
        test::yield_times(3);
        owned.reset();
        EXPECT_EQ(reader.get(), EBADF);
    });
}

TEST_P(stream_close, a_destroyed_stream_ends_the_read_that_has_some_of_its_bytes) {
    with_connection([](stream& near, stream& far) {
        auto owned = std::make_unique<stream>(std::move(near));
        task<int> reader = spawn([&s = *owned] { return error_of([&] { s.read_exactly(100); }); });
        put(far, "some");
        test::yield_times(5);
        owned.reset();
        EXPECT_EQ(reader.get(), EBADF);
    });
}

TEST_P(stream_close, a_destroyed_stream_ends_the_write_of_another_task) {
    with_connection([](stream& near, stream& far) {
        auto owned = std::make_unique<stream>(std::move(near));
        const std::string much = pattern(16 * 1024 * 1024);
        task<int> writer = spawn([&, &s = *owned] { return error_of([&] { s.write(much); }); });
        test::yield_times(3);
        owned.reset();
        EXPECT_EQ(writer.get(), EBADF);
        const std::string received = test::what_comes_until_the_close(far);
        EXPECT_EQ(received, much.substr(0, received.size()));
    });
}

TEST_P(stream_close, assigning_over_a_stream_closes_it_under_its_reader) {
    with_connection([](stream& near, stream& far) {
        task<int> reader = spawn([&] { return error_of([&] { near.read(1); }); });
        test::yield_times(3);
        near = stream();
        EXPECT_EQ(reader.get(), EBADF);
        EXPECT_EQ(far.read_all(), "");
    });
}

TEST_P(stream_close_plain, release_under_a_reader_ends_the_read_and_keeps_the_connection) {
    with_connection([](stream& near, stream& far) {
        task<int> reader = spawn([&] { return error_of([&] { near.read(1); }); });
        test::yield_times(3);
        stream again = stream::from_socket(near.release());
        EXPECT_EQ(reader.get(), EBADF);
        put(far, "x");
        EXPECT_EQ(again.read(10), "x");
    });
}

TEST_P(stream_close, the_next_stream_with_the_same_number_is_another_one) {
    with_connection([](stream& near, stream& far) {
        const int number = near.native_handle();
        task<int> reader = spawn([&] { return error_of([&] { near.read(1); }); });
        sleep_for(std::chrono::microseconds(50));
        near.close();
        test::stream_pair next = connect();
        stream& same = next.near.native_handle() == number ? next.near : next.far;
        stream& other = &same == &next.near ? next.far : next.near;
        ASSERT_EQ(same.native_handle(), number);
        task<std::string> next_reader = spawn([&] { return same.read_line(); });
        EXPECT_EQ(reader.get(), EBADF);
        test::yield_times(3);
        EXPECT_FALSE(next_reader.done());
        other.write("line\n");
        EXPECT_EQ(next_reader.get(), "line\n");
        EXPECT_EQ(far.read_all(), "");
    });
}

} // namespace
} // namespace weft
