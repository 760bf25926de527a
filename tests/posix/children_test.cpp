// SPDX-License-Identifier: BSL-1.0
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace weft::test;
namespace posix = weft::posix;

template <class Side>
class posix_children : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_children, both_sides, side_names);

// A process that ends with that status when its standard input does, and is started by the shell.
class waiting_child {
  public:
    explicit waiting_child(int status) {
        int fds[2];
        EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            char c = 0;
            ::close(fds[1]);
            while (::read(fds[0], &c, 1) > 0) {
            }
            ::_exit(status);
        }
        ::close(fds[0]);
        end_ = fds[1];
    }
    ~waiting_child() { finish(); }
    waiting_child(const waiting_child&) = delete;
    waiting_child& operator=(const waiting_child&) = delete;
    pid_t pid() const { return pid_; }
    void finish() {
        if (end_ >= 0) {
            ::close(std::exchange(end_, -1));
        }
    }

  private:
    pid_t pid_ = -1;
    int end_ = -1;
};

TYPED_TEST(posix_children, are_waited_for_one_by_one) {
    TypeParam::run([] {
        waiting_child child(3);
        int status = 0;
        EXPECT_EQ(TypeParam::waitpid(child.pid(), &status, WNOHANG), 0);
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::waitpid(child.pid(), &status, 0), child.pid()); },
             [&] { child.finish(); }});
        EXPECT_EQ(WEXITSTATUS(status), 3);
        EXPECT_EQ(told(TypeParam::waitpid(child.pid(), &status, 0)), failed(ECHILD));
    });
}

TYPED_TEST(posix_children, are_waited_for_whichever_ends_first) {
    TypeParam::run([] {
        waiting_child one(1);
        waiting_child two(2);
        int status = 0;
        TypeParam::together(
            {[&] { EXPECT_EQ(TypeParam::wait4(-1, &status, 0, nullptr), two.pid()); },
             [&] { two.finish(); }});
        EXPECT_EQ(WEXITSTATUS(status), 2);
        one.finish();
        EXPECT_EQ(TypeParam::waitpid(-1, &status, 0), one.pid());
        EXPECT_EQ(told(TypeParam::waitpid(-1, &status, 0)), failed(ECHILD));
    });
}

TYPED_TEST(posix_children, are_waited_for_in_other_words) {
    TypeParam::run([] {
        waiting_child child(4);
        siginfo_t info{};
        EXPECT_EQ(
            TypeParam::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOHANG), 0);
        EXPECT_EQ(info.si_pid, 0);
        EXPECT_EQ(::kill(child.pid(), SIGSTOP), 0);
        EXPECT_EQ(TypeParam::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WSTOPPED), 0);
        EXPECT_EQ(info.si_code, CLD_STOPPED);
        EXPECT_EQ(::kill(child.pid(), SIGCONT), 0);
        child.finish();
        EXPECT_EQ(
            TypeParam::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
        EXPECT_EQ(info.si_status, 4);
        EXPECT_EQ(TypeParam::waitid(P_ALL, 0, &info, WEXITED), 0);
        EXPECT_EQ(info.si_pid, child.pid());
        EXPECT_EQ(told(TypeParam::waitid(P_ALL, 0, &info, WEXITED)), failed(ECHILD));
        EXPECT_EQ(told(TypeParam::waitid(P_ALL, 0, &info, 0)), failed(EINVAL));
    });
}

TYPED_TEST(posix_children, run_commands) {
    TypeParam::run([] {
        EXPECT_EQ(WEXITSTATUS(TypeParam::system("exit 5")), 5);
        EXPECT_NE(TypeParam::system(nullptr), 0);
        const int killed = TypeParam::system("kill -9 $$");
        EXPECT_TRUE(WIFSIGNALED(killed));
        struct sigaction interrupt {};
        ::sigaction(SIGINT, nullptr, &interrupt);
        EXPECT_EQ(WEXITSTATUS(TypeParam::system("kill -INT $PPID; exit 6")), 6); // is ignored
        struct sigaction after {};
        ::sigaction(SIGINT, nullptr, &after);
        EXPECT_EQ(after.sa_handler, interrupt.sa_handler);
    });
}

TYPED_TEST(posix_children, are_read_from) {
    TypeParam::run([] {
        std::FILE* const command = TypeParam::popen("echo abc; exit 7", "r");
        ASSERT_NE(command, nullptr);
        char line[16] = {};
        EXPECT_NE(std::fgets(line, sizeof(line), command), nullptr);
        EXPECT_STREQ(line, "abc\n");
        EXPECT_EQ(WEXITSTATUS(TypeParam::pclose(command)), 7);
    });
}

class posix_children_tasks : public api_test {};

TEST_F(posix_children_tasks, twenty_commands_run_at_once) {
    weft::run([] {
        const auto start = std::chrono::steady_clock::now();
        weft::with_task_group([](weft::task_group& group) {
            for (int i = 0; i < 20; ++i) {
                group.spawn([i] {
                    const std::string command = "sleep 0.1; exit " + std::to_string(i);
                    EXPECT_EQ(WEXITSTATUS(posix::system(command.c_str())), i);
                });
            }
        });
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    });
}

TEST_F(posix_children_tasks, a_cancel_ends_the_wait_and_not_the_child) {
    weft::run([] {
        for (const bool any : {false, true}) {
            waiting_child child(9);
            auto waiter = weft::spawn([&] {
                int status = 0;
                const pid_t whom = any ? -1 : child.pid();
                EXPECT_EQ(told(posix::waitpid(whom, &status, 0)), failed(ECANCELED));
                EXPECT_THROW(weft::yield(), weft::cancelled);
                child.finish();
                EXPECT_EQ(posix::waitpid(whom, &status, 0), child.pid());
                EXPECT_EQ(WEXITSTATUS(status), 9);
            });
            weft::sleep_for(std::chrono::milliseconds(1));
            waiter.cancel();
            waiter.get();
        }
    });
}

} // namespace
