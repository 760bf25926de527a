// SPDX-License-Identifier: BSL-1.0
//
// Connections that break: a reset is an error and never looks like an end, however often and from
// whichever direction one asks; and a closed stream says so in every call.
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <string>
#include <vector>

namespace weft {
namespace {

using test::error_of;
using test::fill_up;
using test::pattern;
using test::put;
using test::read_some;
using test::reset_on_close;

class stream_reset : public test::net_test {
  protected:
    // Over TCP, where there is such a thing. `far` is ready to reset the connection by closing.
    template <class F>
    static void with_connection(F body) {
        weft::run([&] {
            test::stream_pair pair = test::connect_tcp();
            reset_on_close(pair.far.native_handle());
            body(pair.near, pair.far);
        });
    }
};

TEST_F(stream_reset, is_an_error_for_each_kind_of_read_and_not_an_end) {
    with_connection([](stream& near, stream& far) {
        far.close();
        for (int i = 0; i < 2; ++i) { // the kernel itself would call it an end the second time
            EXPECT_EQ(error_of([&] { read_some(near, 1); }), ECONNRESET);
            EXPECT_EQ(error_of([&] { near.read(1); }), ECONNRESET);
            EXPECT_EQ(error_of([&] { near.read_exactly(1); }), ECONNRESET);
            EXPECT_EQ(error_of([&] { near.read_until("x"); }), ECONNRESET);
            EXPECT_EQ(error_of([&] { near.read_line(); }), ECONNRESET);
            EXPECT_EQ(error_of([&] { near.read_all(); }), ECONNRESET);
        }
        EXPECT_FALSE(near.at_eof());
    });
}

TEST_F(stream_reset, names_the_call) {
    with_connection([](stream& near, stream& far) {
        far.close();
        EXPECT_EQ(test::text_of<std::system_error>([&] {
                      near.read_line();
                  }).find("weft::stream::read_line"),
                  0U);
        EXPECT_EQ(
            test::text_of<std::system_error>([&] { near.read(1); }).find("weft::stream::read"), 0U);
    });
}

TEST_F(stream_reset, wakes_a_reader) {
    with_connection([](stream& near, stream& far) {
        task<int> reader = spawn([&] { return error_of([&] { near.read_line(); }); });
        test::yield_times(3);
        far.close();
        EXPECT_EQ(reader.get(), ECONNRESET);
    });
}

TEST_F(stream_reset, wakes_a_writer_and_the_reader_after_it_sees_no_end) {
    with_connection([](stream& near, stream& far) {
        fill_up(near);
        task<int> writer = spawn([&] { return error_of([&] { near.write("x"); }); });
        test::yield_times(3);
        far.close();
        EXPECT_EQ(writer.get(), ECONNRESET);
        EXPECT_EQ(error_of([&] { near.read_all(); }), ECONNRESET);
    });
}

TEST_F(stream_reset, that_a_write_meets_first_is_told_to_the_reads) {
    with_connection([](stream& near, stream& far) {
        far.close();
        EXPECT_EQ(error_of([&] { near.write("x"); }), ECONNRESET);
        EXPECT_EQ(error_of([&] { near.write("x"); }), EPIPE);
        EXPECT_EQ(error_of([&] { near.read(1); }), ECONNRESET);
    });
}

TEST_F(stream_reset, keeps_what_came_before_it) {
    with_connection([](stream& near, stream& far) {
        put(far, "line\nhalf a li");
        EXPECT_EQ(near.read_line(), "line\n");
        far.close();
        EXPECT_EQ(error_of([&] { near.read_line(); }), ECONNRESET);
        EXPECT_EQ(near.read(100), "half a li");
        EXPECT_EQ(error_of([&] { near.read(100); }), ECONNRESET);
    });
}

TEST_F(stream_reset, after_the_end_changes_nothing_about_the_end) {
    with_connection([](stream& near, stream& far) {
        far.shutdown_write();
        EXPECT_EQ(near.read_all(), "");
        EXPECT_TRUE(near.at_eof());
        far.close();
        EXPECT_EQ(near.read(1), "") << "the end was met before";
        const int error = error_of([&] {
            for (;;) {
                near.write("x");
            }
        });
        EXPECT_TRUE(error == EPIPE || error == ECONNRESET) << error;
        EXPECT_EQ(near.read_all(), "");
        EXPECT_TRUE(near.at_eof());
    });
}

TEST_F(stream_reset, comes_from_a_peer_that_closes_with_our_bytes_unread) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        pair.near.write("never read");
        pair.far.close();
        EXPECT_EQ(error_of([&] { pair.near.read(1); }), ECONNRESET);
        EXPECT_EQ(error_of([&] { pair.near.read(1); }), ECONNRESET);
    });
}

TEST_F(stream_reset, over_a_unix_socket_too) {
    weft::run([] {
        test::stream_pair pair = test::connect_unix();
        pair.near.write("never read");
        pair.far.close();
        EXPECT_EQ(error_of([&] { pair.near.read(1); }), ECONNRESET);
        EXPECT_EQ(error_of([&] { pair.near.read(1); }), ECONNRESET);
    });
}

// --- a closed stream ---

using stream_closed = test::net_test;

// What each call makes of a stream that is closed: the texts of EBADF errors.
std::vector<std::string> texts_of_all_calls(stream& s) {
    const auto text = [](auto f) {
        try {
            f();
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code().value(), EBADF) << e.what();
            return std::string(e.what());
        }
        return std::string("no error");
    };
    return {
        text([&] { read_some(s, 1); }),
        text([&] { s.read(1); }),
        text([&] { s.read_exactly(1); }),
        text([&] { s.read_until("x"); }),
        text([&] { s.read_line(); }),
        text([&] { s.read_all(); }),
        text([&] { s.write("x"); }),
        text([&] {
            s.write({"x", "y"});
        }),
        text([&] { s.write_some({}); }),
        text([&] { s.shutdown_write(); }),
        text([&] { s.remote_endpoint(); }),
        text([&] { s.local_endpoint(); }),
        text([&] { static_cast<void>(s.release()); }),
    };
}

const std::vector<std::string> names_of_all_calls = {
    "read_some",       "read",           "read_exactly", "read_until", "read_line",
    "read_all",        "write",          "write",        "write_some", "shutdown_write",
    "remote_endpoint", "local_endpoint", "release"};

void expect_closed(stream& s) {
    EXPECT_EQ(s.native_handle(), -1);
    const auto texts = texts_of_all_calls(s);
    ASSERT_EQ(texts.size(), names_of_all_calls.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::string beginning = "weft::stream::" + names_of_all_calls[i] + ": it is closed";
        EXPECT_EQ(texts[i].substr(0, beginning.size()), beginning);
    }
    s.close();
}

TEST_F(stream_closed, says_so_in_every_call) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        pair.near.close();
        expect_closed(pair.near);
    });
}

TEST_F(stream_closed, is_what_a_moved_from_stream_is) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        const stream taken = std::move(pair.near);
        expect_closed(pair.near);
    });
}

TEST_F(stream_closed, is_what_a_default_constructed_stream_is) {
    weft::run([] {
        stream nothing;
        expect_closed(nothing);
        EXPECT_EQ(error_of([&] { static_cast<void>(nothing.at_eof()); }), EBADF);
        EXPECT_EQ(error_of([&] { nothing.set_read_limit(1); }), EBADF);
    });
}

TEST_F(stream_closed, is_what_a_released_stream_is) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        ::close(pair.near.release());
        expect_closed(pair.near);
    });
}

TEST_F(stream_closed, has_lost_what_was_not_read) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        put(pair.far, "line\nrest");
        EXPECT_EQ(pair.near.read_line(), "line\n");
        pair.near.close();
        expect_closed(pair.near);
    });
}

} // namespace
} // namespace weft
