// SPDX-License-Identifier: BSL-1.0
//
// A child's standard streams, and communicate().
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/process_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace weft::test {
namespace {

using process_streams = process_test;

TEST_F(process_streams, are_streams) {
    weft::run([] {
        process p = start_process({"cat"});
        p.in().write("warp\n");
        EXPECT_EQ(p.out().read_line(), "warp\n");
        p.in().write("weft\n");
        EXPECT_EQ(p.out().read_line(), "weft\n");
        p.in().close();
        EXPECT_EQ(p.out().read_line(), "");
        EXPECT_EQ(p.err().read_all(), "");
        EXPECT_EQ(p.wait(), 0);
    });
}

TEST_F(process_streams, lead_where_the_options_say) {
    const temporary_folder folder;
    const std::string script = "cat; echo out; echo err >&2";
    weft::run([&] {
        process_output o = start_process({"sh", "-c", script}, {.in = stdio::null}).communicate();
        EXPECT_EQ(o.out, "out\n");
        EXPECT_EQ(o.err, "err\n");
        o = start_process({"sh", "-c", script}, {.in = stdio::null, .err = stdio::to_stdout})
                .communicate();
        EXPECT_EQ(o.out, "out\nerr\n");
        EXPECT_EQ(o.err, "");
        o = start_process({"sh", "-c", script}, {.out = stdio::null}).communicate("gone");
        EXPECT_EQ(o.out, "");
        EXPECT_EQ(o.err, "err\n");

        const int fd = ::open((folder / "a").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        process p = start_process({"sh", "-c", script},
                                  {.in = stdio::null, .out = stdio(fd), .err = stdio(fd)});
        ::close(fd);
        EXPECT_EQ(p.wait(), 0);
        EXPECT_EQ(content_of(folder / "a"), "out\nerr\n");
        EXPECT_THROW(p.out(), invalid_state);

        stderr_lines said; // what the child inherits
        EXPECT_EQ(start_process({"sh", "-c", script}, {.in = stdio::null, .err = stdio::inherit})
                      .communicate()
                      .out,
                  "out\n");
        EXPECT_EQ(said.finish(), std::vector<std::string>{"err"});
    });
}

// The numbers of the pipes' ends overlap with those that they become.
TEST_F(process_streams, of_a_program_whose_own_are_closed_or_swapped) {
    const int saved[] = {::fcntl(0, F_DUPFD_CLOEXEC, 3), ::fcntl(1, F_DUPFD_CLOEXEC, 3),
                         ::fcntl(2, F_DUPFD_CLOEXEC, 3)};
    process_output closed;
    process_output swapped;
    weft::run([&] {
        int out[2];
        int err[2];
        EXPECT_EQ(::pipe2(out, O_CLOEXEC) | ::pipe2(err, O_CLOEXEC), 0);
        for (int i = 0; i < 3; ++i) {
            ::close(i);
        }
        closed = start_process({"sh", "-c", "cat; echo err >&2"}).communicate("in");
        ::dup2(saved[0], 0);
        ::dup3(err[1], 1, O_CLOEXEC);
        ::dup3(out[1], 2, O_CLOEXEC);
        process p = start_process({"sh", "-c", "echo out; echo err >&2"},
                                  {.in = stdio::null, .out = stdio(2), .err = stdio(1)});
        for (int i = 0; i < 3; ++i) {
            ::dup2(saved[i], i);
        }
        ::close(out[1]);
        ::close(err[1]);
        p.wait();
        stream from_out = stream::from_pipe(out[0]);
        stream from_err = stream::from_pipe(err[0]);
        swapped = {from_out.read_all(), from_err.read_all()};
    });
    for (int i = 0; i < 3; ++i) {
        ::dup2(saved[i], i);
        ::close(saved[i]);
    }
    EXPECT_EQ(closed.out, "in");
    EXPECT_EQ(closed.err, "err\n");
    EXPECT_EQ(swapped.out, "out\n");
    EXPECT_EQ(swapped.err, "err\n");
}

TEST_F(process_streams, of_one_process_lead_to_the_next) {
    weft::run([] {
        process first = start_process({"printf", "weft\\nwarp\\nheddle\\n"});
        process second = start_process({"sort"}, {.in = stdio(first.out().native_handle())});
        first.out().close(); // the second one's alone now
        process third =
            start_process({"head", "-n", "2"}, {.in = stdio(second.out().native_handle())});
        second.out().close();
        EXPECT_EQ(third.communicate().out, "heddle\nwarp\n");
        EXPECT_EQ(first.wait(), 0);
        EXPECT_EQ(second.wait(), 0);
    });
}

TEST_F(process_streams, are_blocking_in_the_child) {
    weft::run([] {
        process first = start_process({"cat"});
        process second = start_process({"cat"}, {.in = stdio(first.out().native_handle())});
        first.out().close();
        auto reader = spawn([&] { return second.communicate(); });
        sleep_for(std::chrono::milliseconds(5)); // it reads, and nothing is there
        first.in().write("late");
        first.in().close();
        const process_output o = reader.get();
        EXPECT_EQ(o.out, "late");
        EXPECT_EQ(o.err, "");
    });
}

// --- communicate ---

TEST_F(process_streams, communicate_feeds_and_collects_at_once) {
    const std::string much = pattern(3'000'000); // each way far more than a pipe holds
    weft::run([&] {
        process p = start_process({"sh", "-c", "tee /dev/stderr"});
        const process_output o = p.communicate(much);
        EXPECT_TRUE(o.out == much);
        EXPECT_TRUE(o.err == much);
        EXPECT_EQ(p.exit_status(), 0);
        EXPECT_EQ(p.communicate().out, "") << "again";
    });
}

TEST_F(process_streams, communicate_does_not_mind_who_does_not_read) {
    weft::run([] {
        process p = start_process({"sh", "-c", "exec <&-; echo done"});
        EXPECT_EQ(p.communicate(pattern(1'000'000)).out, "done\n");
        EXPECT_EQ(p.exit_status(), 0);
    });
}

TEST_F(process_streams, communicate_goes_on_with_what_was_read_before) {
    weft::run([] {
        process p = start_process({"cat"});
        p.in().write("first\nsecond\n");
        EXPECT_EQ(p.out().read_line(), "first\n");
        EXPECT_EQ(p.communicate("third\n").out, "second\nthird\n");
    });
}

TEST_F(process_streams, communicate_needs_a_pipe_for_its_input) {
    weft::run([] {
        process p = start_process({"cat"}, {.in = stdio::null});
        EXPECT_THROW(p.communicate("x"), std::invalid_argument);
        EXPECT_EQ(p.communicate().out, "");
    });
}

TEST_F(process_streams, communicate_beside_another_reader_is_busy) {
    weft::run([] {
        process p = start_process({"cat"});
        auto reader = spawn([&] { return p.out().read_all(); });
        yield_times(3);
        EXPECT_THROW(p.communicate("x"), busy);
        p.in().close();
        reader.get();
    });
}

TEST_F(process_streams, a_communicate_that_timed_out_has_lost_nothing) {
    weft::run([] {
        process p = start_process({"sh", "-c", "echo early; echo err >&2; cat; exec sleep 1000"});
        EXPECT_THROW(with_timeout(std::chrono::milliseconds(50), [&] { p.communicate("in"); }),
                     timeout_error);
        p.kill();
        const process_output o = p.communicate();
        EXPECT_EQ(o.err, "err\n");
        EXPECT_EQ(o.out, "early\nin");
        EXPECT_EQ(p.exit_status(), -SIGKILL);
    });
}

// However often it is cancelled: all of the input arrives, all of the output is there.
TEST_F(process_streams, communicate_cancelled_again_and_again) {
    const std::string much = pattern(400'000);
    weft::run([&] {
        process p = start_process({"cat"});
        std::string_view input = much;
        for (int turns = 1;; ++turns) {
            auto t = spawn([&] { return p.communicate(std::exchange(input, {})); });
            yield_times(turns);
            if (turns < 20 && t.cancel()) {
                EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
            } else {
                EXPECT_TRUE(t.get().out == much);
                break;
            }
        }
    });
}

TEST_F(process_streams, a_process_that_is_destroyed_under_communicate) {
    weft::run([] {
        auto p = std::make_unique<process>(start_process({"sleep", "1000"}));
        auto t = spawn([&] { return end_of([&] { p->communicate(); }); });
        yield_times(5);
        p.reset();
        EXPECT_NE(t.get(), "cancelled");
    });
}

} // namespace
} // namespace weft::test
