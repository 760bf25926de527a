// SPDX-License-Identifier: BSL-1.0
//
// Loops on several threads at once: each has its own, and they have nothing to do with each other.
#include "tests/support/api_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using threads_test = api_test;

template <class F>
void on_threads(int count, F body) {
    std::vector<std::thread> threads;
    threads.reserve(std::size_t(count));
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([&body, i] { body(i); });
    }
    for (std::thread& t : threads) {
        t.join();
    }
}

TEST_F(threads_test, loops_run_side_by_side) {
    std::atomic<int> sum = 0;
    on_threads(4, [&](int i) {
        for (int round = 0; round < 5; ++round) {
            sum += run({.virtual_time = true}, [i] {
                std::vector<task<int>> tasks;
                for (int j = 0; j < 50; ++j) {
                    tasks.push_back(spawn([i, j] {
                        yield();
                        sleep_for(std::chrono::minutes(i + j));
                        return 1;
                    }));
                }
                tasks[10].cancel();
                tasks[10].wait();
                int ended = 0;
                for (auto& t : tasks) {
                    ended += end_of([&] { t.get(); }) == "value" ? 1 : 0;
                }
                EXPECT_EQ(end_of([] {
                              gather([] { throw std::runtime_error("x"); }, sleep_until_cancelled);
                          }),
                          "error: x");
                return ended;
            });
        }
    });
    EXPECT_EQ(sum, 4 * 5 * 49);
}

TEST_F(threads_test, task_ids_are_unique_in_the_process) {
    std::mutex mutex;
    std::vector<std::uint64_t> ids;
    on_threads(4, [&](int) {
        std::vector<std::uint64_t> own;
        run([&] {
            for (int i = 0; i < 3'000; ++i) {
                auto t = spawn([] {});
                own.push_back(t.id());
                t.get();
            }
        });
        EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
        const std::lock_guard lock(mutex);
        ids.insert(ids.end(), own.begin(), own.end());
    });
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST_F(threads_test, a_thread_inside_a_run_may_have_a_run_of_its_own) {
    in_virtual_time([] {
        int inner = 0;
        std::thread([&] {
            inner = run({.virtual_time = true}, [] {
                sleep_for(1h);
                return 5;
            });
        }).join(); // blocks this loop too, which is allowed
        EXPECT_EQ(inner, 5);
        sleep_for(1h);
    });
}

TEST_F(threads_test, a_thread_can_run_a_loop_again_and_end) {
    for (int i = 0; i < 20; ++i) {
        std::thread([] {
            for (int round = 0; round < 3; ++round) {
                EXPECT_EQ(run([] { return spawn([] { return 1; }).get(); }), 1);
            }
        }).join();
    }
}

TEST_F(threads_test, errors_and_deadlocks_stay_on_their_thread) {
    on_threads(4, [](int i) {
        if (i % 2 == 0) {
            EXPECT_THROW(run(sleep_until_cancelled), deadlock_error);
        } else {
            EXPECT_EQ(run([] {
                          yield_times(1'000);
                          return 1;
                      }),
                      1);
        }
    });
}

} // namespace
} // namespace weft::test
