// SPDX-License-Identifier: BSL-1.0
//
// Streams and listeners used where they must not be: outside run(), in a callback, on another
// thread, after their loop has ended. Each is a typed error that names the call, and none does
// harm.
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace weft {
namespace {

using test::error_of;
using test::put;
using test::read_some;
using test::text_of;
using stream_outside = test::net_test;
using stream_in_callback = test::net_test;
using stream_other_thread = test::net_test;
using stream_other_thread_death = test::net_test;

struct named_call {
    std::string name;
    std::function<void(stream&)> call;
    bool blocks = true;
};

const named_call calls[] = {
    {"read_some", [](stream& s) { read_some(s, 1); }},
    {"read", [](stream& s) { s.read(1); }},
    {"read_exactly", [](stream& s) { s.read_exactly(0); }},
    {"read_until", [](stream& s) { s.read_until("x"); }},
    {"read_line", [](stream& s) { s.read_line(); }},
    {"read_all", [](stream& s) { s.read_all(); }},
    {"write", [](stream& s) { s.write(""); }},
    {"write",
     [](stream& s) {
         s.write({"x", "y"});
     }},
    {"write_some", [](stream& s) { s.write_some({}); }},
    {"shutdown_write", [](stream& s) { s.shutdown_write(); }, false},
    {"remote_endpoint", [](stream& s) { s.remote_endpoint(); }, false},
    {"local_endpoint", [](stream& s) { s.local_endpoint(); }, false},
};

template <class Error>
void expect_error_of_all_calls(stream& s, bool also_of_those_that_do_not_block = true) {
    for (const auto& c : calls) {
        if (c.blocks || also_of_those_that_do_not_block) {
            const std::string text = text_of<Error>([&] { c.call(s); });
            EXPECT_EQ(text.find("weft::stream::" + c.name + ":"), 0U) << text;
        }
    }
}

// --- outside run() ---

TEST_F(stream_outside, there_is_no_running_loop) {
    std::optional<stream> kept;
    weft::run([&] { kept.emplace(test::connect_tcp().near); });
    expect_error_of_all_calls<no_running_loop>(*kept);
    EXPECT_GE(kept->native_handle(), 0);
    EXPECT_FALSE(kept->at_eof());
    kept->set_read_limit(1);
}

TEST_F(stream_outside, nothing_can_be_opened) {
    EXPECT_THROW(open_connection("127.0.0.1", 1), no_running_loop);
    EXPECT_THROW(listener("127.0.0.1", 0), no_running_loop);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_THROW(stream::from_socket(fd), no_running_loop);
    ::close(fd);
}

TEST_F(stream_outside, a_stream_that_outlives_its_loop_just_closes) {
    test::stream_pair pair;
    weft::run([&] { pair = test::connect_tcp(); });
    pair.near.close();
    EXPECT_EQ(pair.near.native_handle(), -1);
    char c = 0;
    EXPECT_EQ(::recv(pair.far.native_handle(), &c, 1, 0), 0) << "its end has arrived";
}

TEST_F(stream_outside, a_stream_that_outlives_its_loop_can_be_taken_to_another) {
    test::stream_pair pair;
    weft::run([&] { pair = test::connect_tcp(); });
    weft::run([&] {
        const std::string text = text_of<wrong_loop>([&] { pair.near.read(1); });
        EXPECT_NE(text.find("has ended"), std::string::npos) << text;
        expect_error_of_all_calls<wrong_loop>(pair.near);
        stream near = stream::from_socket(pair.near.release());
        stream far = stream::from_socket(pair.far.release());
        far.write("still connected");
        EXPECT_EQ(near.read(100), "still connected");
    });
}

TEST_F(stream_outside, a_stream_may_be_the_result_of_a_run) {
    const stream result = weft::run([] { return std::move(test::connect_tcp().near); });
    EXPECT_GE(result.native_handle(), 0);
}

TEST_F(stream_outside, a_listener_that_outlives_its_loop_just_closes) {
    std::optional<listener> kept;
    weft::run([&] { kept.emplace("127.0.0.1", 0); });
    EXPECT_NE(kept->local_endpoint().port(), 0);
    EXPECT_THROW(kept->accept(), no_running_loop);
    weft::run([&] { EXPECT_THROW(kept->accept(), wrong_loop); });
}

// --- in a callback, which runs on the loop's own stack ---

template <class F>
void in_callback(F f) {
    bool called = false;
    task<void> ended = spawn([] {});
    ended.add_done_callback([&](task_ref) {
        f();
        called = true;
    });
    while (!called) {
        yield();
    }
}

TEST_F(stream_in_callback, blocking_calls_are_refused) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        put(pair.far, "data"); // even what would not block: whether it does must not decide
        in_callback([&] { expect_error_of_all_calls<not_in_task>(pair.near, false); });
        EXPECT_EQ(pair.near.read(10), "data");
    });
}

TEST_F(stream_in_callback, calls_that_do_not_block_are_fine) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        in_callback([&] {
            EXPECT_EQ(pair.near.remote_endpoint(), pair.far.local_endpoint());
            pair.near.shutdown_write();
            const listener l("127.0.0.1", 0);
            pair.far.set_read_limit(10);
        });
        EXPECT_EQ(pair.far.read_all(), "");
        task<int> reader = spawn([&] { return error_of([&] { pair.near.read(1); }); });
        in_callback([&] { pair.near.close(); });
        EXPECT_EQ(reader.get(), EBADF);
    });
}

TEST_F(stream_in_callback, opening_and_accepting_are_refused) {
    weft::run([] {
        listener l("127.0.0.1", 0);
        in_callback([&] {
            EXPECT_THROW(open_connection("127.0.0.1", l.local_endpoint().port()), not_in_task);
            EXPECT_THROW(l.accept(), not_in_task);
        });
    });
}

// --- on another thread ---

TEST_F(stream_other_thread, with_a_loop_of_its_own_is_the_wrong_loop) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        listener l("127.0.0.1", 0);
        std::thread other([&] {
            weft::run([&] {
                expect_error_of_all_calls<wrong_loop>(pair.near);
                EXPECT_THROW(static_cast<void>(pair.near.at_eof()), wrong_loop);
                EXPECT_THROW(pair.near.set_read_limit(1), wrong_loop);
                EXPECT_THROW(static_cast<void>(pair.near.release()), wrong_loop);
                EXPECT_THROW(l.accept(), wrong_loop);
                EXPECT_THROW(static_cast<void>(l.local_endpoint()), wrong_loop);
            });
        });
        other.join();
        put(pair.far, "unharmed");
        EXPECT_EQ(pair.near.read(10), "unharmed");
    });
}

TEST_F(stream_other_thread, without_a_loop_there_is_none) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        std::thread other([&] {
            expect_error_of_all_calls<no_running_loop>(pair.near);
            EXPECT_THROW(static_cast<void>(pair.near.at_eof()), wrong_loop);
            EXPECT_THROW(static_cast<void>(pair.near.release()), wrong_loop);
        });
        other.join();
    });
}

TEST_F(stream_other_thread, takes_a_connection_over_by_its_descriptor) {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        const int fd = pair.far.release();
        std::thread other([fd] {
            weft::run([fd] {
                stream s = stream::from_socket(fd);
                s.write(s.read_line());
            });
        });
        pair.near.write("echo\n");
        EXPECT_EQ(pair.near.read_line(), "echo\n");
        other.join();
    });
}

void destroy_on_another_thread() {
    weft::run([] {
        test::stream_pair pair = test::connect_tcp();
        std::thread([s = std::move(pair.near)] {}).join();
    });
}

TEST_F(stream_other_thread_death, destroying_it_there_ends_the_process_with_the_reason) {
    EXPECT_DEATH(destroy_on_another_thread(),
                 "weft: .*closed or destroyed on another thread than its loop's");
}

} // namespace
} // namespace weft
