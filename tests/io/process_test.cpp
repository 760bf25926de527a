// SPDX-License-Identifier: BSL-1.0
//
// Child processes: starting them, waiting for their end, signals.
#include "tests/support/net_shortage.hpp"
#include "tests/support/net_streams.hpp"
#include "tests/support/process_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

TEST_F(process_test, gives_its_exit_code_to_everybody_who_asks) {
    weft::run([] {
        process p = start_process({"sh", "-c", "read line; exit 7"});
        EXPECT_EQ(p.exit_status(), std::nullopt);
        std::vector<task<int>> waiters;
        for (int i = 0; i < 3; ++i) {
            waiters.push_back(spawn([&] { return p.wait(); }));
        }
        yield_times(3);
        p.in().close();
        for (auto& w : waiters) {
            EXPECT_EQ(w.get(), 7);
        }
        EXPECT_EQ(p.wait(), 7);
        EXPECT_EQ(p.exit_status(), 7);
    });
}

TEST_F(process_test, gives_minus_the_signal_that_killed_it) {
    weft::run([] {
        process p = start_process({"sleep", "1000"});
        p.terminate();
        EXPECT_EQ(p.wait(), -SIGTERM);
        process q = start_process({"sleep", "1000"});
        q.kill();
        EXPECT_EQ(q.wait(), -SIGKILL);
        process r = start_process({"sh", "-c", "kill -USR1 $$"});
        EXPECT_EQ(r.wait(), -SIGUSR1);
        process s = start_process(
            {"sh", "-c", "trap 'exit 3' HUP; echo ready; while :; do sleep 0.01; done"});
        EXPECT_EQ(s.out().read_line(), "ready\n");
        s.send_signal(SIGHUP);
        EXPECT_EQ(s.wait(), 3);
    });
}

TEST_F(process_test, a_signal_after_the_end_reaches_nobody) {
    weft::run([] {
        process p = start_process({"true"});
        const std::string who = "true (process " + std::to_string(p.pid()) + "): No such process";
        p.wait();
        EXPECT_EQ(text_of<std::system_error>([&] { p.send_signal(SIGTERM); }),
                  "weft::process::send_signal: " + who);
        EXPECT_EQ(text_of<std::system_error>([&] { p.terminate(); }),
                  "weft::process::terminate: " + who);
        EXPECT_EQ(error_of([&] { p.kill(); }), ESRCH);
        process q = start_process({"true"}); // ended, and nobody has asked yet
        q.out().read_all();
        while (!has_ended(q.pid())) {
        }
        EXPECT_EQ(error_of([&] { q.kill(); }), ESRCH);
        EXPECT_EQ(q.exit_status(), 0);
        process r = start_process({"cat"});
        EXPECT_EQ(error_of([&] { r.send_signal(1000); }), EINVAL);
    });
}

TEST_F(process_test, cancelled_wait_leaves_it_running) {
    weft::run([] {
        process p = start_process({"cat"});
        auto waiter = spawn([&] { return p.wait(); });
        yield_times(3);
        waiter.cancel();
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled");
        EXPECT_THROW(with_timeout(std::chrono::milliseconds(1), [&] { p.wait(); }), timeout_error);
        p.in().write("still there\n");
        EXPECT_EQ(p.out().read_line(), "still there\n");
        p.in().close();
        EXPECT_EQ(p.wait(), 0);
    });
}

// Two processes end; the first waiter to run cancels the other one.
TEST_F(process_test, cancelled_in_the_same_turn_as_its_end) {
    weft::run([] {
        process ps[] = {start_process({"cat"}), start_process({"cat"})};
        std::vector<task<std::string>> waiters;
        for (int i = 0; i < 2; ++i) {
            waiters.push_back(spawn([&, i] {
                return end_of([&] {
                    EXPECT_EQ(ps[i].wait(), 0);
                    waiters[std::size_t(1 - i)].cancel();
                });
            }));
        }
        yield_times(3);
        for (process& p : ps) {
            p.in().close();
        }
        for (const process& p : ps) {
            while (!has_ended(p.pid())) {
            }
        }
        const std::string ends[] = {waiters[0].get(), waiters[1].get()};
        EXPECT_TRUE(ends[0] == "value" || ends[1] == "value");
        EXPECT_EQ(ps[0].wait(), 0);
        EXPECT_EQ(ps[1].wait(), 0);
    });
}

TEST_F(process_test, a_grandchild_that_holds_the_pipes_does_not_hold_the_wait) {
    weft::run([] {
        process p = start_process({"sh", "-c", "sleep 1000 & echo $!; exit 4"});
        EXPECT_EQ(p.wait(), 4);
        const int grandchild = std::stoi(p.out().read_line());
        EXPECT_FALSE(p.out().at_eof());
        EXPECT_EQ(::kill(grandchild, SIGKILL), 0);
        EXPECT_EQ(p.out().read_all(), "");
    });
}

TEST_F(process_test, many_at_once) {
    weft::run([] {
        std::vector<task<int>> all;
        for (int i = 0; i < 200; ++i) {
            all.push_back(spawn([i] {
                process p = start_process({"sh", "-c", "exit " + std::to_string(i % 100)},
                                          {.in = stdio::null, .out = stdio::null});
                return p.wait();
            }));
        }
        for (int i = 0; i < 200; ++i) {
            EXPECT_EQ(all[std::size_t(i)].get(), i % 100);
        }
    });
}

// --- starting ---

TEST_F(process_test, that_cannot_be_started_names_the_program) {
    const temporary_folder folder;
    put_content(folder / "text", "no program");
    weft::run([&] {
        EXPECT_EQ(text_of<std::system_error>([] {
                      start_process({"no-such-program", "x"});
                  }),
                  "weft::start_process: no-such-program: No such file or directory");
        EXPECT_EQ(error_of([&] { start_process({folder / "text"}); }), EACCES);
        EXPECT_EQ(error_of([&] { start_process({folder.path()}); }), EACCES);
        EXPECT_EQ(text_of<std::system_error>([] { start_process({"true"}, {.cwd = "/no/such"}); }),
                  "weft::start_process: true: cwd /no/such: No such file or directory");
        EXPECT_EQ(error_of([&] { start_process({"true"}, {.in = stdio(1000)}); }), EBADF);
        EXPECT_EQ(error_of([&] { start_process({"true"}, {.out = stdio(-1)}); }), EBADF);
        EXPECT_THROW(start_process({}), std::invalid_argument);
        EXPECT_THROW(start_process({""}), std::invalid_argument);
        EXPECT_THROW(start_process({"true", std::string("a\0b", 3)}), std::invalid_argument);
        EXPECT_THROW(start_process({"true"}, {.env = {{"A=B", "x"}}}), std::invalid_argument);
        EXPECT_THROW(start_process({"true"}, {.env = {{"", "x"}}}), std::invalid_argument);
        EXPECT_THROW(start_process({"true"}, {.out = stdio::to_stdout}), std::invalid_argument);
    });
}

TEST_F(process_test, with_no_descriptors_left_leaves_nothing_behind) {
    weft::run([] {
        to_thread([] {});
        read_file("/dev/null"); // the loop has what it needs
        for (std::size_t room = 0; room < 12; ++room) {
            SCOPED_TRACE(room);
            const auto before = listed_descriptors();
            {
                const descriptor_shortage none(room);
                try {
                    process p = start_process({"true"});
                    EXPECT_EQ(p.wait(), 0);
                } catch (const std::system_error& e) {
                    EXPECT_EQ(e.code().value(), EMFILE) << e.what();
                }
            }
            EXPECT_EQ(listed_descriptors(), before);
        }
    });
}

TEST_F(process_test, cancelled_while_it_starts_is_killed_and_reaped) {
    const auto before = listed_descriptors();
    for (int turns = 0; turns < 6; ++turns) {
        weft::run([&] {
            auto t = spawn([] { start_process({"sleep", "1000"}).wait(); });
            yield_times(turns);
            t.cancel();
            EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
        });
        EXPECT_EQ(listed_descriptors(), before);
    }
}

TEST_F(process_test, inherits_nothing_but_its_standard_streams) {
    weft::run([] {
        const int fd = ::open("/dev/null", O_RDONLY); // without O_CLOEXEC
        process p = start_process({"ls", "/proc/self/fd"});
        ::close(fd);
        EXPECT_EQ(p.communicate().out, "0\n1\n2\n3\n"); // 3: the listing's own
    });
}

TEST_F(process_test, has_no_signal_blocked_or_ignored) {
    const auto before = ::signal(SIGUSR2, SIG_IGN);
    weft::run([] {
        process p = start_process({"sed", "-nE", "s/^Sig(Blk|Ign):\t//p", "/proc/self/status"});
        std::istringstream lines(p.communicate().out);
        std::uint64_t blocked = 1;
        std::uint64_t ignored = 1;
        lines >> std::hex >> blocked >> ignored;
        constexpr std::uint64_t of_libc = 0x180000000; // 32 and 33, which nobody else can use
        EXPECT_EQ(blocked, 0U);
        EXPECT_EQ(ignored & ~of_libc, 0U);
    });
    ::signal(SIGUSR2, before);
}

TEST_F(process_test, runs_where_and_with_what_the_options_say) {
    const temporary_folder folder;
    ::setenv("WEFT_TEST_INHERITED", "from here", 1);
    weft::run([&] {
        const auto output = [](const char* script, const process_options& options) {
            return start_process({"/bin/sh", "-c", script}, options).communicate().out;
        };
        EXPECT_EQ(output("pwd -P", {.cwd = folder.path()}),
                  std::filesystem::canonical(folder.path()).string() + "\n");
        const char* const script = "echo $WEFT_TEST_INHERITED, $OWN";
        EXPECT_EQ(output(script, {}), "from here,\n");
        EXPECT_EQ(output(script, {.env = {{"OWN", "added"}}}), "from here, added\n");
        EXPECT_EQ(output(script, {.env = {{"WEFT_TEST_INHERITED", "other"}}}), "other,\n");
        EXPECT_EQ(output(script, {.env = {{"OWN", "alone"}}, .inherit_env = false}), ", alone\n");
        const char* const ids = "cut -d' ' -f1,5,6 /proc/$$/stat";
        const auto numbers = [](const std::string& text) {
            std::istringstream in(text);
            int pid = 0;
            int group = 0;
            int session = 0;
            in >> pid >> group >> session;
            return std::array{pid, group, session};
        };
        const auto plain = numbers(output(ids, {}));
        EXPECT_EQ(plain[1], ::getpgrp());
        const auto grouped = numbers(output(ids, {.new_group = true}));
        EXPECT_EQ(grouped[1], grouped[0]);
        EXPECT_EQ(grouped[2], ::getsid(0));
        const auto led = numbers(output(ids, {.new_session = true, .new_group = true}));
        EXPECT_EQ(led[2], led[0]);
    });
    ::unsetenv("WEFT_TEST_INHERITED");
}

// --- the handle ---

TEST_F(process_test, destroyed_is_killed_and_reaped) {
    weft::run([] {
        int pid = 0;
        {
            process p = start_process({"sleep", "1000"});
            pid = p.pid();
        }
        EXPECT_FALSE(exists(pid)) << "not even a zombie";
        process p = start_process({"sleep", "1000"});
        pid = p.pid();
        process& same = p;
        p = std::move(same);
        EXPECT_EQ(p.pid(), pid);
        p = start_process({"true"});
        EXPECT_FALSE(exists(pid));
        EXPECT_EQ(p.wait(), 0);
        EXPECT_EQ(end_of([] {
                      process q = start_process({"sleep", "1000"});
                      throw std::runtime_error("unwinding");
                  }),
                  "error: unwinding");
    });
}

TEST_F(process_test, destroyed_under_a_waiter) {
    weft::run([] {
        auto p = std::make_unique<process>(start_process({"sleep", "1000"}));
        auto waiter = spawn([&] { return p->wait(); });
        yield_times(3);
        p.reset();
        EXPECT_EQ(waiter.get(), -SIGKILL);
    });
}

TEST_F(process_test, a_cancel_that_comes_while_the_destructor_waits_is_kept) {
    weft::run([] {
        auto t = spawn([] {
            {
                process p = start_process({"sleep", "1000"});
                current_task().cancel("kept");
            }
            yield();
        });
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: kept");
    });
}

TEST_F(process_test, outlives_its_loop_only_as_long_as_its_handle) {
    process p;
    weft::run([&] { p = start_process({"sleep", "1000"}); });
    EXPECT_TRUE(exists(p.pid()));
    EXPECT_EQ(p.exit_status(), std::nullopt);
    const int pid = p.pid();
    p = process();
    EXPECT_FALSE(exists(pid));
}

TEST_F(process_test, left_running_is_reaped_when_it_ends) {
    weft::run([] {
        int pid = 0;
        {
            process p =
                start_process({"sh", "-c", "sleep 0.01; exit 3"}, {.kill_on_destroy = false});
            pid = p.pid();
        }
        EXPECT_TRUE(exists(pid));
        while (exists(pid)) {
            sleep_for(std::chrono::milliseconds(1));
        }
    });
}

TEST_F(process_test, left_running_outlives_the_loop) {
    int pid = 0;
    weft::run([&] {
        process p = start_process({"sleep", "1000"}, {.kill_on_destroy = false});
        pid = p.pid();
    });
    EXPECT_TRUE(exists(pid));
    EXPECT_EQ(::kill(pid, SIGKILL), 0);
    EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
}

TEST_F(process_test, reaped_by_somebody_else_counts_as_255) {
    stderr_lines said;
    std::string who;
    weft::run([&] {
        process p = start_process({"true"});
        who = "true (process " + std::to_string(p.pid()) + ")";
        EXPECT_EQ(::waitpid(p.pid(), nullptr, 0), p.pid());
        EXPECT_EQ(p.wait(), 255);
        EXPECT_EQ(p.exit_status(), 255);
    });
    EXPECT_EQ(said.finish(),
              std::vector<std::string>{"weft: weft::process: somebody else has reaped " + who +
                                       ", so its exit status is lost and counts as 255"});
}

TEST_F(process_test, in_a_program_that_ignores_its_children_counts_as_255) {
    stderr_lines said;
    const auto before = ::signal(SIGCHLD, SIG_IGN); // the kernel reaps them itself
    weft::run([] {
        process p = start_process({"cat"});
        p.in().close(); // its end, which must not come while it is being started
        EXPECT_EQ(p.wait(), 255);
    });
    ::signal(SIGCHLD, before);
    EXPECT_EQ(said.finish().size(), 1U);
}

TEST_F(process_test, misused) {
    EXPECT_THROW(start_process({"true"}), no_running_loop);
    weft::run([] {
        process none;
        EXPECT_EQ(none.pid(), 0);
        EXPECT_EQ(text_of<invalid_state>([&] { none.wait(); }),
                  "weft::process::wait: there is no process; start_process makes one");
        EXPECT_THROW(none.kill(), invalid_state);
        EXPECT_THROW(none.exit_status(), invalid_state);
        EXPECT_THROW(none.in(), invalid_state);
        process p = start_process({"true"}, {.in = stdio::null});
        EXPECT_EQ(text_of<invalid_state>([&] { p.in(); }),
                  "weft::process::in: true was started without a pipe there; use stdio::pipe in "
                  "its process_options");
        std::thread([&] { weft::run([&] { EXPECT_THROW(p.wait(), wrong_loop); }); }).join();
        p.wait();
    });
}

} // namespace
} // namespace weft::test
