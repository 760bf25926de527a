// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"

#include <array>
#include <mutex>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

class pthread_onces : public api_test {};

// What the routine of the test does; it has no arguments.
std::function<void()> routine;

void call_routine() {
    routine();
}

TEST_F(pthread_onces, a_routine_that_suspends_lets_the_others_wait_for_it) {
    pthread_once_t control = PTHREAD_ONCE_INIT;
    in_virtual_time([&] {
        int runs = 0;
        routine = [&] {
            weft::sleep_for(1h);
            ++runs;
        };
        std::vector<task<void>> all;
        for (int i = 0; i < 5; ++i) {
            all.push_back(spawn([&] {
                EXPECT_EQ(pthread_once(&control, &call_routine), 0);
                EXPECT_EQ(runs, 1);
            }));
        }
        EXPECT_EQ(time_of([&] {
                      for (auto& t : all) {
                          t.get();
                      }
                  }),
                  1h);
        EXPECT_EQ(time_of([&] { pthread_once(&control, &call_routine); }), 0s);
        EXPECT_EQ(runs, 1);
    });
}

TEST_F(pthread_onces, a_routine_that_throws_is_run_again_by_the_next) {
    pthread_once_t control = PTHREAD_ONCE_INIT;
    in_virtual_time([&] {
        int runs = 0;
        routine = [&] {
            weft::sleep_for(1s);
            if (++runs < 3) {
                throw std::runtime_error("not yet");
            }
        };
        int failed = 0;
        std::vector<task<void>> all;
        for (int i = 0; i < 5; ++i) {
            all.push_back(spawn([&] {
                try {
                    pthread_once(&control, &call_routine);
                    EXPECT_EQ(runs, 3);
                } catch (const std::runtime_error&) {
                    ++failed;
                }
            }));
        }
        for (auto& t : all) {
            t.get();
        }
        EXPECT_EQ(failed, 2);
        EXPECT_EQ(runs, 3);
    });
}

TEST_F(pthread_onces, one_within_another) {
    static pthread_once_t outer;
    static pthread_once_t inner;
    static int runs;
    outer = PTHREAD_ONCE_INIT;
    inner = PTHREAD_ONCE_INIT;
    runs = 0;
    in_virtual_time([&] {
        routine = [] {
            weft::sleep_for(1s);
            pthread_once(&inner, [] {
                weft::sleep_for(1s);
                ++runs;
            });
        };
        auto a = spawn([&] { pthread_once(&outer, &call_routine); });
        auto b = spawn([&] { pthread_once(&outer, &call_routine); });
        a.get();
        b.get();
        EXPECT_EQ(runs, 1);
    });
}

TEST_F(pthread_onces, a_routine_that_another_thread_runs_is_waited_for) {
    pthread_once_t control = PTHREAD_ONCE_INIT;
    flag begun;
    flag may_end;
    routine = [&] {
        begun.raise();
        may_end.wait_as_thread();
    };
    std::thread other([&] { pthread_once(&control, &call_routine); });
    weft::run([&] {
        begun.wait_as_task();
        auto waiter = spawn([&] { EXPECT_EQ(pthread_once(&control, &call_routine), 0); });
        yield_times(5);
        EXPECT_FALSE(waiter.done());
        may_end.raise();
        waiter.get();
    });
    other.join();
}

TEST_F(pthread_onces, a_routine_that_a_task_runs_is_waited_for_by_a_thread_in_libc) {
    pthread_once_t control = PTHREAD_ONCE_INIT;
    std::atomic<pid_t> number = 0;
    int runs = 0;
    weft::run([&] {
        routine = [&] {
            while (number == 0) {
                weft::sleep_for(100us);
            }
            wait_until_asleep(number);
            ++runs;
        };
        auto runner = spawn({.eager = true}, [&] { pthread_once(&control, &call_routine); });
        std::thread other([&] {
            number = ::gettid();
            pthread_once(&control, &call_routine);
            EXPECT_EQ(runs, 1);
        });
        runner.get();
        other.join();
    });
    EXPECT_EQ(runs, 1);
}

TEST_F(pthread_onces, the_child_of_a_fork_runs_what_its_parent_had_not_ended) {
    pthread_once_t control = PTHREAD_ONCE_INIT;
    int runs = 0;
    weft::run([&] {
        routine = [&] {
            ++runs;
            weft::sleep_for(1ms);
        };
        auto runner = spawn({.eager = true}, [&] { pthread_once(&control, &call_routine); });
        const pid_t child = ::fork();
        if (child == 0) {
            routine = [&] { ++runs; };
            pthread_once(&control, &call_routine);
            ::_exit(runs);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(WEXITSTATUS(status), 2);
        runner.get();
    });
}

class call_once_by : public with_actors {};

TEST_P(call_once_by, everybody_runs_the_function_once_for_each_flag) {
    constexpr int flags = 20;
    std::array<std::once_flag, flags> once;
    std::array<std::atomic<int>, flags> runs{};
    const auto part = [&](int begin) {
        return [&, begin] {
            for (int i = 0; i < flags; ++i) {
                const auto n = static_cast<std::size_t>((begin + i) % flags);
                // The function has captures: libstdc++ hands it over in a thread-local variable.
                std::call_once(once[n], [&, n] {
                    if (weft::detail::may_suspend()) {
                        weft::yield();
                    }
                    ++runs[n];
                });
                EXPECT_EQ(runs[n], 1);
            }
        };
    };
    act(GetParam(), {part(0), part(3), part(0), part(7), part(1), part(0)});
}

TEST_P(call_once_by, a_function_that_throws_is_another_ones_to_run) {
    std::once_flag once;
    std::atomic<int> attempts = 0;
    std::atomic<int> failures = 0;
    const auto part = [&] {
        try {
            std::call_once(once, [&] {
                if (weft::detail::may_suspend()) {
                    weft::sleep_for(1ms);
                }
                if (++attempts < 3) {
                    throw std::runtime_error("not yet");
                }
            });
            EXPECT_EQ(attempts, 3);
        } catch (const std::runtime_error&) {
            ++failures;
        }
    };
    act(GetParam(), {part, part, part, part, part, part});
    EXPECT_EQ(failures, 2);
    EXPECT_EQ(attempts, 3);
}

WEFT_WITH_ALL_ACTORS(call_once_by);

} // namespace
} // namespace weft::test
