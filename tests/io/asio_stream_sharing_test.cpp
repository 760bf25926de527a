// SPDX-License-Identifier: BSL-1.0
//
// What passes through asio_stream as an exception: a cancel, and misuse; and several tasks at one.
#include "tests/support/asio_streams.hpp"

#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using test::code_of;
using test::end_of;
using test::fill_up;
using test::put;
using test::read_once;
using test::read_to_end;

using asio_stream_cancel = test::asio_test;
using asio_stream_sharing = test::asio_test;
INSTANTIATE_TEST_SUITE_P(over, asio_stream_cancel, test::all_transports, test::name_of);
INSTANTIATE_TEST_SUITE_P(over, asio_stream_sharing, test::all_transports, test::name_of);

TEST_P(asio_stream_cancel, of_a_read_passes_through_and_loses_nothing) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        for (const bool with_code : {false, true}) {
            auto reader = spawn([&] {
                return end_of([&] {
                    std::array<char, 10> room{};
                    error_code error;
                    with_code ? asio::read(near, asio::buffer(room), error)
                              : asio::read(near, asio::buffer(room));
                });
            });
            test::yield_times(3);
            reader.cancel();
            EXPECT_EQ(reader.get(), "cancelled");
            put(far.get_stream(), "whole");
            EXPECT_EQ(read_once(near), "whole");
        }
    });
}

TEST_P(asio_stream_cancel, in_the_turn_in_which_the_bytes_come_leaves_them_to_the_next_reader) {
    for (const bool bytes_first : {true, false}) {
        with_asio_streams([&](asio_stream& near, asio_stream& far) {
            auto reader = spawn([&] { return end_of([&] { read_once(near); }); });
            test::yield_times(3);
            if (bytes_first) {
                put(far.get_stream(), "weft");
            }
            reader.cancel();
            if (!bytes_first) {
                put(far.get_stream(), "weft");
            }
            EXPECT_EQ(reader.get(), "cancelled");
            EXPECT_EQ(read_once(near), "weft");
        });
    }
}

TEST_P(asio_stream_cancel, of_a_write_passes_through) {
    with_asio_streams([](asio_stream& near, asio_stream&) {
        fill_up(near.get_stream());
        auto writer = spawn([&] {
            return end_of([&] {
                error_code error;
                asio::write(near, asio::buffer("more", 4), error);
            });
        });
        test::yield_times(3);
        EXPECT_FALSE(writer.done());
        writer.cancel();
        EXPECT_EQ(writer.get(), "cancelled");
    });
}

TEST_P(asio_stream_cancel, by_a_limit_of_time_is_a_timeout_error) {
    with_asio_streams(
        [](asio_stream& near, asio_stream&) {
            EXPECT_THROW(with_timeout(std::chrono::hours(1), [&] { read_once(near); }),
                         timeout_error);
        },
        {.virtual_time = true});
}

TEST_P(asio_stream_sharing, a_second_reader_is_busy_and_not_an_error_code) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        auto reader = spawn([&] { return read_once(near); });
        test::yield_times(3);
        std::array<char, 1> room{};
        error_code error;
        EXPECT_THROW(near.read_some(asio::buffer(room), error), busy);
        put(far.get_stream(), "x");
        EXPECT_EQ(reader.get(), "x");
    });
}

TEST_P(asio_stream_sharing, blocking_in_a_callback_is_not_in_task) {
    with_asio_streams([](asio_stream& near, asio_stream&) {
        std::string end;
        running_loop().call_soon([&] {
            try {
                error_code error;
                near.write_some(asio::buffer("x", 1), error);
            } catch (const not_in_task&) {
                end = "not in task";
            }
        });
        test::yield_times(2);
        EXPECT_EQ(end, "not in task");
    });
}

TEST_P(asio_stream_sharing, writers_take_turns_and_each_write_is_whole) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        std::vector<task<void>> writers;
        for (const char letter : {'a', 'b', 'c'}) {
            writers.push_back(spawn([&near, letter] {
                const std::string much(1'000'000, letter);
                near.write_some(asio::buffer(much));
            }));
        }
        auto reader = spawn([&] { return read_to_end(far); });
        for (auto& writer : writers) {
            writer.get();
        }
        near.close();
        const std::string all = reader.get();
        EXPECT_EQ(all.size(), 3'000'000U);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(all.find_first_not_of(all[i * 1'000'000], i * 1'000'000),
                      i < 2 ? (i + 1) * 1'000'000 : std::string::npos);
        }
    });
}

TEST_P(asio_stream_sharing, a_writer_that_is_cancelled_before_its_turn_has_written_nothing) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        const std::string much(20'000'000, '1'); // more than any kernel takes in the end
        auto first = spawn([&] { near.write_some(asio::buffer(much)); });
        test::yield_times(3);
        auto second = spawn([&] { near.write_some(asio::buffer("second", 6)); });
        auto third = spawn([&] { near.write_some(asio::buffer("third", 5)); });
        test::yield_times(3);
        second.cancel();
        auto reader = spawn([&] { return read_to_end(far); });
        first.get();
        third.get();
        EXPECT_THROW(second.get(), cancelled);
        near.close();
        EXPECT_EQ(reader.get().substr(much.size()), "third");
    });
}

TEST_P(asio_stream_sharing, destroyed_under_its_writers_is_an_error_for_them) {
    weft::run([] {
        test::stream_pair pair = connect();
        std::optional<asio_stream> near(std::move(pair.near));
        fill_up(near->get_stream());
        std::vector<task<error_code>> writers;
        for (int i = 0; i < 3; ++i) {
            writers.push_back(spawn([&near] {
                // As a function that was called with it, which knows nothing of `near`.
                asio_stream& s = *near;
                return code_of([&s] { s.write_some(asio::buffer("x", 1)); });
            }));
        }
        test::yield_times(5);
        near->close();
        EXPECT_EQ(writers[0].get(), asio::error::bad_descriptor);
        EXPECT_EQ(writers[1].get(), asio::error::bad_descriptor);
        EXPECT_EQ(writers[2].get(), asio::error::bad_descriptor);
    });
}

TEST_P(asio_stream_sharing, reading_and_writing_while_exceptions_are_handled_keeps_them_apart) {
    with_asio_streams([](asio_stream& near, asio_stream& far) {
        const auto play = [](asio_stream& s, const char* name) {
            try {
                throw std::runtime_error(name);
            } catch (const std::runtime_error& e) {
                for (int i = 0; i < 10; ++i) {
                    s.write_some(asio::buffer("x", 1));
                    EXPECT_EQ(read_once(s, 1), "x");
                }
                EXPECT_STREQ(e.what(), name);
                EXPECT_EQ(std::current_exception() != nullptr, true);
            }
        };
        auto one = spawn([&] { play(near, "near"); });
        auto other = spawn([&] { play(far, "far"); });
        one.get();
        other.get();
    });
}

} // namespace
} // namespace weft
