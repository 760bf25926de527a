// SPDX-License-Identifier: BSL-1.0
//
// Streams over pipes and terminals: one direction each, the end and its errors, no signal, and
// whom their being non-blocking concerns.
#include "tests/support/io_system_calls.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <termios.h>

namespace weft {
namespace {

using test::end_of;
using test::error_of;
using test::pattern;
using test::read_some;
using test::text_of;
using stream_pipe = test::net_test;

// A kernel that does not know how to write without a signal.
int without_signal_flag(const test::system_call_hook::call& c) {
    return c.which == test::system_call::pwritev2 && c.flags != 0 ? EOPNOTSUPP : 0;
}

struct pipe_ends {
    int out = -1; // for reading
    int in = -1;  // for writing
};

pipe_ends make_pipe() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    return {fds[0], fds[1]};
}

// Runs body(reader, writer) on the two ends of a pipe.
template <class F>
void with_pipe(F body) {
    weft::run([&] {
        const pipe_ends ends = make_pipe();
        stream reader = stream::from_pipe(ends.out);
        stream writer = stream::from_pipe(ends.in);
        body(reader, writer);
        EXPECT_EQ(all_tasks().size(), 1U) << "the test left a task";
    });
}

std::size_t fill_up(const stream& s) {
    const std::string much(4096, 'f');
    std::size_t total = 0;
    for (ssize_t n = 0; (n = ::write(s.native_handle(), much.data(), much.size())) > 0;) {
        total += static_cast<std::size_t>(n);
    }
    return total;
}

// --- reading and writing ---

TEST_F(stream_pipe, carries_what_is_written) {
    with_pipe([](stream& reader, stream& writer) {
        writer.write("line\n");
        writer.write({"several ", "", "pieces"});
        EXPECT_EQ(reader.read_line(), "line\n");
        EXPECT_EQ(read_some(reader, 100), "several pieces");
        writer.write("");
        writer.write({});
        EXPECT_EQ(writer.write_some({}), 0U);
    });
}

TEST_F(stream_pipe, a_reader_waits_for_its_bytes) {
    with_pipe([](stream& reader, stream& writer) {
        for (int i = 0; i < 3; ++i) {
            task<std::string> waiting = spawn([&] { return reader.read_line(); });
            test::yield_times(3);
            EXPECT_FALSE(waiting.done());
            writer.write("line\n");
            EXPECT_EQ(waiting.get(), "line\n");
        }
    });
}

TEST_F(stream_pipe, megabytes_arrive_whole) {
    with_pipe([](stream& reader, stream& writer) {
        const std::string sent = pattern(3 * 1024 * 1024 + 11);
        task<void> writing = spawn([&] {
            writer.write(sent);
            writer.close();
        });
        EXPECT_EQ(reader.read_all(), sent);
        EXPECT_TRUE(reader.at_eof());
        writing.get();
    });
}

TEST_F(stream_pipe, cancelling_a_reader_loses_nothing) {
    with_pipe([](stream& reader, stream& writer) {
        task<std::string> waiting = spawn([&] { return end_of([&] { reader.read_line(); }); });
        writer.write("half ");
        test::yield_times(3);
        waiting.cancel();
        writer.write("and half\n");
        EXPECT_EQ(waiting.get(), "cancelled");
        EXPECT_EQ(reader.read_line(), "half and half\n");
    });
}

TEST_F(stream_pipe, closing_wakes_who_waits) {
    with_pipe([](stream& reader, stream& writer) {
        fill_up(writer);
        task<int> writing = spawn([&] { return error_of([&] { writer.write("x"); }); });
        test::yield_times(3);
        writer.close();
        EXPECT_EQ(writing.get(), EBADF);
        reader.read_all();
    });
    with_pipe([](stream& reader, stream&) {
        task<int> reading = spawn([&] { return error_of([&] { reader.read(1); }); });
        test::yield_times(3);
        reader.close();
        EXPECT_EQ(reading.get(), EBADF);
    });
}

// --- the end ---

TEST_F(stream_pipe, shutdown_write_closes_the_end_for_writing) {
    with_pipe([](stream& reader, stream& writer) {
        writer.write("last words");
        writer.shutdown_write();
        EXPECT_EQ(writer.native_handle(), -1);
        EXPECT_EQ(reader.read_all(), "last words");
        EXPECT_EQ(error_of([&] { writer.write("x"); }), EBADF);
    });
}

TEST_F(stream_pipe, shutdown_write_under_a_writer_ends_the_write) {
    with_pipe([](stream& reader, stream& writer) {
        const std::size_t on_the_way = fill_up(writer);
        task<int> writing = spawn([&] { return error_of([&] { writer.write("x"); }); });
        test::yield_times(3);
        writer.shutdown_write();
        EXPECT_EQ(writing.get(), EBADF);
        EXPECT_EQ(reader.read_all().size(), on_the_way);
    });
}

TEST_F(stream_pipe, writing_to_nobody_is_an_error_and_no_signal) {
    const auto before = std::signal(SIGPIPE, SIG_DFL); // which would end this process
    with_pipe([](stream& reader, stream& writer) {
        reader.close();
        EXPECT_EQ(error_of([&] { writer.write("x"); }), EPIPE);
        EXPECT_EQ(error_of([&] { writer.write({"x", "y"}); }), EPIPE);
        sigset_t pending;
        EXPECT_EQ(::sigpending(&pending), 0);
        EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0) << "none is left for later either";
    });
    std::signal(SIGPIPE, before);
}

TEST_F(stream_pipe, writing_to_nobody_is_no_signal_on_an_older_kernel) {
    const test::system_call_hook old_kernel(without_signal_flag);
    const auto before = std::signal(SIGPIPE, SIG_DFL);
    with_pipe([](stream& reader, stream& writer) {
        writer.write({"pieces ", "and"});
        writer.write(" more");
        EXPECT_EQ(reader.read(100), "pieces and more");
        reader.close();
        EXPECT_EQ(error_of([&] { writer.write("x"); }), EPIPE);
    });
    sigset_t blocked;
    EXPECT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &blocked), 0);
    EXPECT_EQ(::sigismember(&blocked, SIGPIPE), 0) << "the mask is as it was";
    std::signal(SIGPIPE, before);
}

TEST_F(stream_pipe, a_signal_of_the_same_kind_that_was_pending_before_stays_so) {
    const test::system_call_hook old_kernel(without_signal_flag);
    sigset_t only_it;
    sigset_t before;
    sigemptyset(&only_it);
    sigaddset(&only_it, SIGPIPE);
    EXPECT_EQ(::pthread_sigmask(SIG_BLOCK, &only_it, &before), 0);
    ::raise(SIGPIPE);
    with_pipe([](stream& reader, stream& writer) {
        reader.close();
        EXPECT_EQ(error_of([&] { writer.write("x"); }), EPIPE);
    });
    constexpr timespec at_once{};
    EXPECT_EQ(::sigtimedwait(&only_it, nullptr, &at_once), SIGPIPE);
    EXPECT_EQ(::pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST_F(stream_pipe, a_writer_that_waits_learns_that_the_reader_is_gone) {
    with_pipe([](stream& reader, stream& writer) {
        fill_up(writer);
        task<int> writing = spawn([&] { return error_of([&] { writer.write("x"); }); });
        sleep_for(std::chrono::microseconds(50));
        reader.close();
        EXPECT_EQ(writing.get(), EPIPE);
    });
}

// --- what it is made from ---

TEST_F(stream_pipe, used_against_its_direction_is_an_error_that_says_so) {
    with_pipe([](stream& reader, stream& writer) {
        const auto refuses = [](auto call, std::string_view direction) {
            const std::string text = text_of<std::system_error>(call);
            EXPECT_NE(text.find(std::string("was not opened for ").append(direction)),
                      std::string::npos)
                << text;
        };
        refuses([&] { reader.write("x"); }, "writing");
        refuses([&] { reader.shutdown_write(); }, "writing");
        refuses([&] { writer.read(1); }, "reading");
        EXPECT_EQ(error_of([&] { reader.write("x"); }), EBADF);
        writer.write("x");
        EXPECT_EQ(reader.read(1), "x") << "and nothing has happened";
    });
}

TEST_F(stream_pipe, has_no_endpoints) {
    with_pipe([](stream& reader, stream& writer) {
        EXPECT_EQ(error_of([&] { reader.local_endpoint(); }), ENOTSOCK);
        EXPECT_EQ(error_of([&] { writer.remote_endpoint(); }), ENOTSOCK);
    });
}

TEST_F(stream_pipe, of_a_file_is_refused) {
    weft::run([] {
        const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        EXPECT_NE(text_of<std::invalid_argument>([&] {
                      stream::from_pipe(fd);
                  }).find("is no pipe, socket or character device"),
                  std::string::npos);
        EXPECT_EQ(::close(fd), 0) << "it is still the caller's";
        EXPECT_EQ(error_of([] { stream::from_pipe(-1); }), EBADF);
    });
}

TEST_F(stream_pipe, of_a_socket_is_a_stream_over_a_socket) {
    weft::run([] {
        int fds[2] = {-1, -1};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        stream near = stream::from_pipe(fds[0]);
        stream far = stream::from_socket(fds[1]);
        near.write("x");
        near.shutdown_write();
        EXPECT_EQ(far.read_all(), "x");
        far.write("y");
        EXPECT_EQ(near.read(1), "y");
    });
}

TEST_F(stream_pipe, of_the_null_device_reads_its_end_and_takes_everything) {
    weft::run([] {
        stream null = stream::from_pipe(::open("/dev/null", O_RDWR | O_CLOEXEC));
        null.write("gone");
        EXPECT_EQ(null.read_all(), "");
        EXPECT_EQ(error_of([&] { null.shutdown_write(); }), ENOTSUP);
    });
}

TEST_F(stream_pipe, does_not_make_it_non_blocking_for_those_who_share_it) {
    weft::run([] {
        const pipe_ends ends = make_pipe();
        const int shared = ::fcntl(ends.out, F_DUPFD_CLOEXEC, 0);
        {
            stream writer = stream::from_pipe(ends.in);
            stream reader = stream::from_pipe(ends.out);
            EXPECT_EQ(reader.native_handle(), ends.out);
            EXPECT_TRUE(::fcntl(ends.out, F_GETFL) & O_NONBLOCK);
            EXPECT_TRUE(::fcntl(ends.out, F_GETFD) & FD_CLOEXEC);
            EXPECT_FALSE(::fcntl(shared, F_GETFL) & O_NONBLOCK);
            writer.write("x");
            EXPECT_EQ(reader.read(1), "x");
        }
        ::close(shared);
    });
}

TEST_F(stream_pipe, that_is_non_blocking_already_is_taken_as_it_is) {
    weft::run([] {
        int fds[2] = {-1, -1};
        ASSERT_EQ(::pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
        const int same = ::fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
        const stream reader = stream::from_pipe(fds[0]);
        ASSERT_EQ(::write(fds[1], "x", 1), 1);
        char c = 0;
        EXPECT_EQ(::read(same, &c, 1), 1);
        ::close(same);
        ::close(fds[1]);
    });
}

TEST_F(stream_pipe, of_which_nobody_reads_can_be_made_all_the_same) {
    weft::run([] {
        const pipe_ends ends = make_pipe();
        ::close(ends.out);
        stream writer = stream::from_pipe(ends.in); // opening it anew is refused by the kernel
        EXPECT_EQ(error_of([&] { writer.write("x"); }), EPIPE);
    });
}

// --- terminals ---

TEST_F(stream_pipe, of_a_terminal_reads_and_writes_both_ways) {
    weft::run([] {
        const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        ASSERT_GE(master, 0);
        ASSERT_EQ(::grantpt(master), 0);
        ASSERT_EQ(::unlockpt(master), 0);
        const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
        ASSERT_GE(terminal, 0);
        termios settings{};
        ASSERT_EQ(::tcgetattr(terminal, &settings), 0);
        ::cfmakeraw(&settings);
        ASSERT_EQ(::tcsetattr(terminal, TCSANOW, &settings), 0);
        const int of_the_shell = ::fcntl(terminal, F_DUPFD_CLOEXEC, 0);

        stream user = stream::from_pipe(master);
        stream program = stream::from_pipe(terminal);
        EXPECT_FALSE(::fcntl(of_the_shell, F_GETFL) & O_NONBLOCK);
        program.write("prompt> ");
        EXPECT_EQ(user.read_exactly(8), "prompt> ");
        task<std::string> line = spawn([&] { return program.read_line(); });
        test::yield_times(3);
        user.write("command\n");
        EXPECT_EQ(line.get(), "command\n");

        ::close(of_the_shell);
        program.close();
        EXPECT_EQ(user.read_all(), "") << "nobody has the terminal open any more";
    });
}

} // namespace
} // namespace weft
