// SPDX-License-Identifier: BSL-1.0
//
// Cancelling a task that reads or writes: it leaves with `cancelled`, and no byte is lost,
// whichever of cancel and data came first.
#include "tests/support/net_streams.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft {
namespace {

using test::end_of;
using test::fill_up;
using test::pattern;
using test::put;
using stream_cancel = test::stream_test;
INSTANTIATE_TEST_SUITE_P(over, stream_cancel, test::all_transports, test::name_of);

struct blocked_read {
    const char* name;
    std::function<void(stream&)> call; // needs more than "some bytes" to end
};

const blocked_read blocked_reads[] = {
    {"read_exactly", [](stream& s) { s.read_exactly(1000); }},
    {"read_until", [](stream& s) { s.read_until("#"); }},
    {"read_line", [](stream& s) { s.read_line(); }},
    {"read_all", [](stream& s) { s.read_all(); }},
};

TEST_P(stream_cancel, of_a_read_keeps_what_has_come) {
    for (const auto& read : blocked_reads) {
        SCOPED_TRACE(read.name);
        with_connection([&](stream& near, stream& far) {
            task<std::string> reader = spawn([&] { return end_of([&] { read.call(near); }); });
            put(far, "some ");
            sleep_for(std::chrono::microseconds(50));
            put(far, "bytes");
            sleep_for(std::chrono::microseconds(50));
            EXPECT_FALSE(reader.done());
            reader.cancel();
            EXPECT_EQ(reader.get(), "cancelled");
            put(far, " and more");
            far.close();
            EXPECT_EQ(near.read_all(), "some bytes and more");
        });
    }
}

TEST_P(stream_cancel, of_a_read_that_waits_for_its_first_byte) {
    with_connection([](stream& near, stream& far) {
        for (int i = 0; i < 3; ++i) {
            task<std::string> reader = spawn([&] { return end_of([&] { near.read(10); }); });
            test::yield_times(3);
            reader.cancel();
            EXPECT_EQ(reader.get(), "cancelled");
        }
        put(far, "x");
        EXPECT_EQ(near.read(10), "x");
    });
}

TEST_P(stream_cancel, then_data_in_the_same_turn) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] { return end_of([&] { near.read(10); }); });
        test::yield_times(3);
        reader.cancel();
        put(far, "x");
        EXPECT_EQ(reader.get(), "cancelled");
        EXPECT_EQ(near.read(10), "x");
    });
}

// Two readers, of two connections, are woken by one look of the loop. The first of them to run
// cancels the other, which is awake but has not resumed.
TEST_P(stream_cancel, after_data_in_the_same_turn) {
    weft::run([] {
        test::stream_pair pairs[] = {connect(), connect()};
        std::vector<task<std::string>> readers;
        bool first = true;
        for (int i = 0; i < 2; ++i) {
            readers.push_back(spawn([&, i] {
                return end_of([&] {
                    EXPECT_EQ(pairs[i].near.read(10), "x");
                    EXPECT_TRUE(first);
                    first = false;
                    readers[1 - i].cancel();
                });
            }));
        }
        test::yield_times(3);
        put(pairs[0].far, "x");
        put(pairs[1].far, "x");
        const std::string ends[] = {readers[0].get(), readers[1].get()};
        EXPECT_NE(ends[0], ends[1]);
        for (int i = 0; i < 2; ++i) {
            if (ends[i] == "cancelled") {
                EXPECT_EQ(pairs[i].near.read(10), "x") << "the byte has stayed";
            } else {
                EXPECT_EQ(ends[i], "value");
            }
        }
    });
}

TEST_P(stream_cancel, does_not_concern_a_read_that_need_not_wait) {
    with_connection([](stream& near, stream& far) {
        put(far, "there already");
        task<std::string> reader = spawn([&] {
            std::string got;
            const std::string end = end_of([&] {
                current_task().cancel("later");
                got = near.read(100);
                near.read(100);
            });
            return got + " / " + end;
        });
        EXPECT_EQ(reader.get(), "there already / cancelled: later");
    });
}

TEST_P(stream_cancel, comes_once) {
    with_connection([](stream& near, stream& far) {
        task<std::string> reader = spawn([&] {
            EXPECT_EQ(end_of([&] { near.read(10); }), "cancelled");
            return near.read(10);
        });
        test::yield_times(3);
        reader.cancel();
        test::yield_times(3);
        put(far, "x");
        EXPECT_EQ(reader.get(), "x");
    });
}

TEST_P(stream_cancel, of_a_write_leaves_a_beginning_of_it_with_the_peer) {
    with_connection([](stream& near, stream& far) {
        const std::string sent = pattern(16 * 1024 * 1024);
        task<std::string> writer = spawn([&] { return end_of([&] { near.write(sent); }); });
        far.read_exactly(100'000); // it is well under way
        EXPECT_FALSE(writer.done());
        writer.cancel();
        EXPECT_EQ(writer.get(), "cancelled");
        near.close();
        const std::string rest = test::what_comes_until_the_close(far);
        EXPECT_LT(rest.size(), sent.size());
        EXPECT_EQ(rest, sent.substr(100'000, rest.size()));
    });
}

TEST_P(stream_cancel, of_a_write_that_has_not_begun_sends_nothing) {
    with_connection([](stream& near, stream& far) {
        const std::size_t on_the_way = fill_up(near);
        task<std::string> writer = spawn([&] { return end_of([&] { near.write("x"); }); });
        test::yield_times(3);
        writer.cancel();
        EXPECT_EQ(writer.get(), "cancelled");
        near.close();
        const std::string all = test::what_comes_until_the_close(far);
        EXPECT_LE(all.size(), on_the_way);
        EXPECT_EQ(all.find('x'), std::string::npos);
        EXPECT_TRUE(all.size() == on_the_way || is_encrypted()) << "a part of a record is nothing";
    });
}

TEST_P(stream_cancel, of_a_reader_leaves_the_writer_alone) {
    with_connection([](stream& near, stream& far) {
        const std::size_t on_the_way = fill_up(near);
        task<void> writer = spawn([&] { near.write("x"); });
        task<std::string> reader = spawn([&] { return end_of([&] { near.read(1); }); });
        test::yield_times(3);
        reader.cancel();
        EXPECT_EQ(reader.get(), "cancelled");
        EXPECT_FALSE(writer.done());
        EXPECT_EQ(far.read_exactly(on_the_way + 1).back(), 'x');
        writer.get();
    });
}

TEST_P(stream_cancel, of_a_waiting_task_that_also_lost_its_stream) {
    with_connection([](stream& near, stream&) {
        task<std::string> reader = spawn([&] { return end_of([&] { near.read(1); }); });
        test::yield_times(3);
        near.close();
        reader.cancel();
        EXPECT_EQ(reader.get(), "cancelled");
    });
}

TEST_P(stream_cancel, by_a_failing_sibling_ends_the_read) {
    with_connection([](stream& near, stream& far) {
        EXPECT_EQ(end_of([&] {
                      gather([&] { near.read_line(); },
                             [&] {
                                 put(far, "half a line");
                                 test::yield_times(3);
                                 throw std::runtime_error("the other one failed");
                             });
                  }),
                  "error: the other one failed");
        EXPECT_EQ(near.read(100), "half a line");
    });
}

} // namespace
} // namespace weft
