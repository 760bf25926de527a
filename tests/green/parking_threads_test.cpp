// SPDX-License-Identifier: BSL-1.0
//
// Waiting for an address where tasks of several loops and plain threads do it together, and what a
// process with such waiters sees of fork and of deadlocks.
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/parking.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using detail::park;
using detail::park_end;
using detail::unpark_all;
using detail::unpark_one;
using parking_threads_test = parking_fixture;

TEST_F(parking_threads_test, a_thread_sleeps_until_a_task_wakes_it) {
    std::thread sleeper([&] {
        errno = 7;
        EXPECT_EQ(park_at(&word).end, park_end::woken);
        EXPECT_EQ(errno, 7);
    });
    run([&] {
        errno = 8;
        wake_one_as_soon_as_it_is_there(&word);
        EXPECT_EQ(errno, 8);
    });
    sleeper.join();
}

TEST_F(parking_threads_test, a_task_sleeps_until_a_thread_wakes_it) {
    std::thread waker;
    run([&] {
        waker = std::thread([&] { wake_one_as_soon_as_it_is_there(&word); });
        EXPECT_EQ(park_at(&word).end, park_end::woken);
    });
    waker.join();
}

TEST_F(parking_threads_test, a_thread_leaves_at_its_deadline) {
    const auto begin = clock::now();
    EXPECT_EQ(park(at(&word, begin + 2ms), always).end, park_end::timed_out);
    EXPECT_GE(clock::now(), begin + 2ms);
    EXPECT_EQ(park(at(&word, begin), always).end, park_end::timed_out);
    EXPECT_EQ(park(at(&word, clock::time_point::min()), always).end, park_end::timed_out);
}

TEST_F(parking_threads_test, the_waker_sees_who_is_of_its_own_thread) {
    std::thread waker;
    run([&] {
        waker = std::thread([&] {
            std::size_t woken = 0;
            while (woken == 0) {
                woken = detail::unpark(
                    &word,
                    [](const detail::parked_waiter& w) {
                        EXPECT_FALSE(w.on_this_thread);
                        return true;
                    },
                    [](std::size_t, bool) {});
            }
        });
        park_at(&word);
    });
    waker.join();
}

TEST_F(parking_threads_test,
       a_waker_on_another_thread_may_come_in_the_turn_of_a_cancel_or_deadline) {
    int told_both = 0;
    for (int round = 0; round < 200; ++round) {
        run([&] {
            std::atomic<bool> go = false;
            std::thread waker([&] {
                while (!go) {
                }
                unpark_one(&word);
            });
            auto t = spawn({.eager = true}, [&] {
                const auto result = park(at(&word, clock::now() + 1ms), always);
                told_both += result.end == park_end::cancelled && result.was_woken ? 1 : 0;
            });
            go = true;
            if (round % 2 == 0) {
                t.cancel();
            }
            t.wait();
            waker.join();
        });
    }
    RecordProperty("told_both", told_both);
}

// A lock of tasks and threads, made of a word and parking: what everything else is made of, too.
class word_lock {
  public:
    bool lock(clock::time_point deadline = clock::time_point::max()) {
        while (locked_.exchange(true)) {
            const auto result = park(at(&locked_, deadline), [this] { return locked_.load(); });
            if (result.end == park_end::timed_out || result.end == park_end::cancelled) {
                if (result.was_woken) {
                    unpark_one(&locked_);
                }
                return false;
            }
        }
        return true;
    }
    void unlock() {
        locked_ = false;
        if (detail::anyone_parked()) {
            unpark_one(&locked_);
        }
    }

  private:
    std::atomic<bool> locked_ = false;
};

TEST_F(parking_threads_test, stress_tasks_of_several_loops_and_threads_share_a_lock) {
    word_lock lock;
    long inside = 0;
    long passed = 0;
    std::atomic<long> expected = 0;
    const auto pass = [&](int i) {
        for (int round = 0; round < 1'000; ++round) {
            const bool timed = (round + i) % 3 == 0;
            if (lock.lock(timed ? clock::now() + std::chrono::microseconds(round % 7 * 10)
                                : clock::time_point::max())) {
                EXPECT_EQ(++inside, 1);
                if (running_loop_or_null() != nullptr && round % 4 == 0) {
                    weft::yield();
                }
                --inside;
                ++passed;
                lock.unlock();
                ++expected;
            }
        }
    };
    const auto loop = [&] {
        run([&] {
            std::vector<task<void>> tasks;
            for (int i = 0; i < 5; ++i) {
                tasks.push_back(spawn(pass, i));
            }
            for (auto& t : tasks) {
                t.get();
            }
        });
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back(pass, i);
        threads.emplace_back(loop);
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(passed, expected);
}

// --- the process ---

TEST_F(parking_threads_test, the_child_of_a_fork_has_no_waiters) {
    in_virtual_time([&] {
        auto t = spawn([&] { park_at(&word); });
        settle();
        const pid_t child = ::fork();
        if (child == 0) {
            const bool clean = !detail::anyone_parked() && unpark_all(&word) == 0;
            ::_exit(clean ? 0 : 1);
        }
        int status = -1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        EXPECT_EQ(unpark_one(&word), 1U);
        t.get();
    });
}

TEST_F(parking_threads_test,
       a_loop_whose_tasks_all_wait_here_reports_no_deadlock_beside_other_threads) {
    std::promise<void> asleep;
    std::thread waker([&] {
        asleep.get_future().wait();
        wake_one_as_soon_as_it_is_there(&word);
    });
    in_virtual_time([&] {
        park(at(&word), always, [&] {
            asleep.set_value();
            return true;
        });
    });
    waker.join();
}

// In a process of its own, because threads that were there once count as well.
TEST(parking_death_test, without_another_thread_it_is_a_deadlock) {
    if (thread_sanitizer) {
        GTEST_SKIP() << "ThreadSanitizer has a thread of its own";
    }
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const char word = 0;
    EXPECT_EXIT(
        {
            const std::string text = text_of<deadlock_error>([&] { run([&] { park_at(&word); }); });
            std::fputs(text.c_str(), stderr);
            std::exit(text.empty() ? 1 : 0);
        },
        testing::ExitedWithCode(0), "waits in test for the object at");
}

} // namespace
} // namespace weft::test
