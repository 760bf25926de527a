// SPDX-License-Identifier: BSL-1.0
// libc's own names in a program that is linked with libweft-interpose.so: what they do to tasks,
// and what they do everywhere else. How each of them waits is tested by its name in weft::posix.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/api_settle.hpp"

#include <weft/detail/suspension.hpp>
#include <weft/posix.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class pipe_ends {
  public:
    pipe_ends() {
        if (::pipe(ends_.data()) != 0) {
            throw std::system_error(errno, std::system_category(), "pipe");
        }
    }
    ~pipe_ends() {
        close_writing();
        ::close(ends_[0]);
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;

    int reading() const noexcept { return ends_[0]; }
    int writing() const noexcept { return ends_[1]; }
    void close_writing() noexcept {
        if (ends_[1] >= 0) {
            ::close(std::exchange(ends_[1], -1));
        }
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

using interposed_calls = ordered_api_test;

TEST_F(interposed_calls, a_read_suspends_its_task_and_no_other) {
    run([] {
        const pipe_ends ends;
        std::vector<std::string> seen;
        auto reader = spawn([&] {
            char c = 0;
            seen.emplace_back("waits");
            EXPECT_EQ(::read(ends.reading(), &c, 1), 1);
            seen.emplace_back(1, c);
        });
        yield();
        seen.emplace_back("writes");
        EXPECT_EQ(::write(ends.writing(), "x", 1), 1);
        reader.get();
        EXPECT_THAT(seen, ElementsAre("waits", "writes", "x"));
    });
}

TEST_F(interposed_calls, the_standard_librarys_sleep_is_one_of_a_task) {
    run({.virtual_time = true}, [] {
        const auto begin = running_loop().time();
        std::vector<task<void>> sleepers;
        for (int i = 0; i < 100; ++i) {
            sleepers.push_back(spawn([] { std::this_thread::sleep_for(1h); }));
        }
        for (auto& s : sleepers) {
            s.get();
        }
        EXPECT_EQ(running_loop().time() - begin, 1h);
    });
}

TEST_F(interposed_calls, a_thread_of_the_programs_is_left_alone) {
    const pipe_ends ends;
    run([&] {
        std::thread reader([&] {
            char c = 0;
            EXPECT_FALSE(detail::may_suspend());
            EXPECT_EQ(::read(ends.reading(), &c, 1), 1);
            pollfd p{ends.reading(), POLLIN, 0};
            EXPECT_EQ(::poll(&p, 1, 0), 0);
        });
        EXPECT_EQ(::write(ends.writing(), "x", 1), 1);
        to_thread([&] { reader.join(); });
    });
}

TEST_F(interposed_calls, a_callback_blocks_the_thread) {
    run([] {
        const pipe_ends ends;
        std::string seen;
        event done;
        running_loop().call_soon([&] {
            EXPECT_FALSE(detail::may_suspend());
            std::this_thread::sleep_for(1ms);
            seen += "callback ";
            done.set();
        });
        const auto other = spawn([&] { seen += "task "; });
        done.wait();
        EXPECT_EQ(seen, "callback task ");
    });
}

TEST_F(interposed_calls, a_no_suspend_scope_blocks_the_thread) {
    run([] {
        std::string seen;
        const auto other = spawn([&] { seen += "other "; });
        {
            const posix::no_suspend here;
            std::this_thread::sleep_for(1ms);
        }
        seen += "scope ";
        std::this_thread::sleep_for(1ms);
        EXPECT_EQ(seen, "scope other ");
    });
}

// --- signal handlers ---

volatile bool could_suspend_in_handler = true;
void look_whether_it_may_suspend(int) {
    could_suspend_in_handler = detail::may_suspend();
}

sigjmp_buf before_the_signal;
void jump_back(int) {
    siglongjmp(before_the_signal, 1);
}

class with_handler {
  public:
    explicit with_handler(void (*handler)(int)) {
        struct sigaction action {};
        action.sa_handler = handler;
        sigaction(SIGUSR1, &action, &before_);
    }
    ~with_handler() { sigaction(SIGUSR1, &before_, nullptr); }
    with_handler(const with_handler&) = delete;
    with_handler& operator=(const with_handler&) = delete;

  private:
    struct sigaction before_ {};
};

TEST_F(interposed_calls, nothing_suspends_in_a_signal_handler) {
    const with_handler handler(&look_whether_it_may_suspend);
    run([] {
        ASSERT_TRUE(detail::may_suspend());
        could_suspend_in_handler = true;
        raise(SIGUSR1);
        EXPECT_FALSE(could_suspend_in_handler);
        EXPECT_TRUE(detail::may_suspend());
    });
}

TEST_F(interposed_calls, a_handler_that_is_left_by_a_jump_is_left) {
    const with_handler handler(&jump_back);
    run([] {
        for (int i = 0; i < 3; ++i) {
            if (sigsetjmp(before_the_signal, 1) == 0) {
                raise(SIGUSR1);
                ADD_FAILURE();
            }
            EXPECT_TRUE(detail::may_suspend());
        }
    });
}

TEST_F(interposed_calls, the_handler_that_was_set_is_the_one_that_is_told) {
    const with_handler handler(&jump_back);
    struct sigaction told {};
    sigaction(SIGUSR1, nullptr, &told);
    EXPECT_EQ(told.sa_handler, &jump_back);
    EXPECT_EQ(told.sa_flags & SA_SIGINFO, 0);
    EXPECT_EQ(::signal(SIGUSR1, SIG_IGN), &jump_back);
    EXPECT_EQ(::signal(SIGUSR1, &jump_back), SIG_IGN);
}

TEST_F(interposed_calls, a_loops_own_signal_handlers_work) {
    run([] {
        event came;
        running_loop().add_signal_handler(SIGUSR2, [&] { came.set(); });
        raise(SIGUSR2);
        came.wait();
        EXPECT_TRUE(running_loop().remove_signal_handler(SIGUSR2));
    });
    struct sigaction told {};
    sigaction(SIGUSR2, nullptr, &told);
    EXPECT_EQ(told.sa_handler, SIG_DFL);
}

// --- children ---

int status_of(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_F(interposed_calls, a_child_of_fork_blocks_as_any_process_does) {
    run([] {
        pipe_ends ends;
        const pid_t child = ::fork();
        if (child == 0) {
            char c = 0;
            ends.close_writing();
            const bool ends_well = ::read(ends.reading(), &c, 1) == 1 && c == 'x' &&
                                   ::read(ends.reading(), &c, 1) == 0 && !detail::may_suspend();
            ::_exit(ends_well ? 7 : 1);
        }
        std::this_thread::sleep_for(1ms);
        EXPECT_EQ(::write(ends.writing(), "x", 1), 1);
        ends.close_writing();
        EXPECT_EQ(status_of(child), 7);
        EXPECT_TRUE(detail::may_suspend());
    });
}

TEST_F(interposed_calls, a_child_of_vfork_blocks_and_leaves_its_parent_as_it_was) {
    run([] {
        pipe_ends ends;
        std::string seen;
        auto reader = spawn([&] {
            char c = 0;
            EXPECT_EQ(::read(ends.reading(), &c, 1), 1);
            seen += "read ";
        });
        yield();
        const pid_t child = ::vfork();
        if (child == 0) {
            const bool blocks = !detail::may_suspend();
            ::close(ends.reading()); // the child's, not the one that the task waits for
            ::usleep(1000);
            ::_exit(blocks ? 8 : 1);
        }
        EXPECT_TRUE(detail::may_suspend());
        EXPECT_EQ(status_of(child), 8);
        EXPECT_EQ(seen, "");
        EXPECT_EQ(::write(ends.writing(), "x", 1), 1);
        reader.get();
        EXPECT_EQ(seen, "read ");
    });
}

// --- descriptors ---

TEST_F(interposed_calls, the_flags_of_descriptors_stay_as_they_were) {
    run([] {
        const pipe_ends ends;
        auto reader = spawn([&] {
            char c = 0;
            EXPECT_EQ(::read(ends.reading(), &c, 1), 1);
        });
        yield();
        EXPECT_EQ(::fcntl(ends.reading(), F_GETFL) & O_NONBLOCK, 0);
        EXPECT_EQ(::write(ends.writing(), "x", 1), 1);
        reader.get();
    });
}

TEST_F(interposed_calls, a_number_that_stood_for_a_file_is_waited_for_when_it_is_a_pipe) {
    run([] {
        const int file = ::open("/dev/null", O_RDONLY);
        char c = 0;
        EXPECT_EQ(::read(file, &c, 1), 0);
        ::close(file);
        const pipe_ends ends;
        EXPECT_EQ(ends.reading(), file);
        auto reader = spawn([&] { EXPECT_EQ(::read(ends.reading(), &c, 1), 1); });
        yield();
        EXPECT_EQ(::write(ends.writing(), "x", 1), 1);
        reader.get();
    });
}

TEST_F(interposed_calls, close_wakes_who_waits_for_the_descriptor) {
    run([] {
        std::array<int, 2> pair{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
        auto reader = spawn([&] {
            char c = 0;
            EXPECT_EQ(::recv(pair[0], &c, 1, 0), -1);
            EXPECT_EQ(errno, EBADF);
        });
        yield();
        ::close(pair[0]);
        reader.get();
        ::close(pair[1]);
    });
}

TEST_F(interposed_calls, an_event_descriptor_is_read_by_its_own_function) {
    run([] {
        const int fd = ::eventfd(0, 0);
        std::uint64_t value = 0;
        auto reader = spawn([&] { EXPECT_EQ(::eventfd_read(fd, &value), 0); });
        yield();
        EXPECT_EQ(::eventfd_write(fd, 3), 0);
        reader.get();
        EXPECT_EQ(value, 3U);
        ::close(fd);
    });
}

extern "C" ssize_t __read_chk(int fd, void* to, std::size_t size, std::size_t room);

TEST_F(interposed_calls, a_fortified_read_suspends) {
    run([] {
        const pipe_ends ends;
        auto reader = spawn([&] {
            char text[2];
            EXPECT_EQ(__read_chk(ends.reading(), text, 2, sizeof(text)), 1);
        });
        yield();
        EXPECT_EQ(::write(ends.writing(), "x", 1), 1);
        reader.get();
    });
}

TEST(interposed_calls_death, a_fortified_read_beyond_its_buffer_ends_the_program) {
    char c = 0;
    EXPECT_DEATH(__read_chk(0, &c, 2, sizeof(c)), "buffer overflow detected");
}

TEST_F(interposed_calls, a_cancelled_task_gets_an_error_and_then_its_cancel) {
    run([] {
        const pipe_ends ends;
        auto reader = spawn([&] {
            char c = 0;
            EXPECT_EQ(::read(ends.reading(), &c, 1), -1);
            EXPECT_EQ(errno, ECANCELED);
            EXPECT_EQ(::usleep(1000), -1);
            EXPECT_EQ(errno, ECANCELED);
            EXPECT_THROW(yield(), cancelled);
        });
        yield();
        reader.cancel();
        reader.get();
    });
}

// --- where the names lead ---

TEST(interposed_names, are_the_librarys_in_this_program) {
    if (any_sanitizer)
        GTEST_SKIP() << "a sanitizer's own names come first";
    for (const char* name : {"read",
                             "__read_chk",
                             "poll",
                             "ppoll",
                             "select",
                             "epoll_wait",
                             "accept4",
                             "connect",
                             "recvmsg",
                             "sendfile64",
                             "fcntl64",
                             "nanosleep",
                             "clock_nanosleep",
                             "getaddrinfo",
                             "waitpid",
                             "flock",
                             "sigaction",
                             "vfork",
                             "close_range",
                             "preadv2",
                             "__poll"}) {
        Dl_info where{};
        ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, name), &where), 0) << name;
        EXPECT_THAT(where.dli_fname, testing::HasSubstr("libweft-interpose.so")) << name;
    }
}

} // namespace
} // namespace weft::test
