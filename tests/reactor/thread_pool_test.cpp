// SPDX-License-Identifier: BSL-1.0
//
// The thread pool: every job runs once or is withdrawn, no more threads than allowed, and an end
// that does not hang.
#include "reactor/thread_pool.hpp"
#include "tests/support/sanitized.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <semaphore>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/resource.h>

namespace weft::reactor {
namespace {

using gate = std::binary_semaphore;

class function_job final : public thread_job {
  public:
    explicit function_job(std::function<void()> f)
        : thread_job([](thread_job& self) noexcept { static_cast<function_job&>(self).f_(); }),
          f_(std::move(f)) {}

  private:
    std::function<void()> f_;
};

TEST(thread_pool, runs_each_job_once_and_to_the_end) {
    std::atomic<int> runs = 0;
    std::deque<function_job> jobs;
    {
        thread_pool pool(4);
        for (int i = 0; i < 1000; ++i) {
            pool.submit(jobs.emplace_back([&] { ++runs; }));
        }
    }
    EXPECT_EQ(runs, 1000);
}

TEST(thread_pool, makes_no_thread_before_it_is_needed) {
    const thread_pool pool(1000);
    EXPECT_EQ(pool.most_threads(), 1000U);
}

TEST(thread_pool, runs_jobs_in_order_on_one_thread) {
    std::vector<int> order;
    std::deque<function_job> jobs;
    {
        thread_pool pool(1);
        for (int i = 0; i < 100; ++i) {
            pool.submit(jobs.emplace_back([&order, i] { order.push_back(i); }));
        }
    }
    EXPECT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(thread_pool, adds_threads_while_all_are_busy) {
    thread_pool pool(3);
    gate all_there(0);
    gate go(0);
    std::atomic<int> there = 0;
    std::deque<function_job> jobs;
    for (int i = 0; i < 3; ++i) {
        pool.submit(jobs.emplace_back([&] {
            if (++there == 3) {
                all_there.release();
            }
            go.acquire();
            go.release();
        }));
    }
    all_there.acquire(); // would hang with fewer than three
    go.release();
    EXPECT_TRUE(pool.join(fibers::never));
}

TEST(thread_pool, withdraws_what_has_not_begun) {
    gate begun(0);
    gate go(0);
    bool ran = false;
    function_job first([&] {
        begun.release();
        go.acquire();
    });
    function_job second([&] { ran = true; });
    thread_pool pool(1);
    pool.submit(first);
    begun.acquire();
    pool.submit(second);
    EXPECT_FALSE(pool.withdraw(first));
    EXPECT_TRUE(pool.withdraw(second));
    EXPECT_FALSE(pool.withdraw(second));
    go.release();
    EXPECT_TRUE(pool.join(fibers::never));
    EXPECT_FALSE(ran);
}

TEST(thread_pool, leaves_a_thread_that_does_not_come_back_behind) {
    auto go = std::make_shared<gate>(0);
    auto ended = std::make_shared<gate>(0);
    function_job stuck([go, ended] {
        go->acquire();
        ended->release();
    });
    {
        thread_pool pool(1);
        pool.submit(stuck);
        EXPECT_FALSE(pool.join(fibers::clock::now()));
    }
    go->release();
    ended->acquire(); // it works on, with the state it shares
}

TEST(thread_pool, goes_on_with_the_threads_that_there_are) {
    if constexpr (test::sanitized) {
        GTEST_SKIP() << "a limit on processes also limits the sanitizer: NOT TESTED";
    }
    gate begun(0);
    gate go(0);
    std::atomic<int> ran = 0;
    function_job first([&] {
        begun.release();
        go.acquire();
    });
    function_job second([&] { ++ran; });
    function_job refused([&] { ++ran; });
    thread_pool pool(8);
    pool.submit(first);
    begun.acquire();
    // The C library keeps stacks of ended threads; these use them up.
    std::latch over(1);
    std::vector<std::jthread> idle;
    for (int i = 0; i < 16; ++i) {
        idle.emplace_back([&] { over.wait(); });
    }
    // No thread's stack fits any more.
    rlimit before{};
    getrlimit(RLIMIT_AS, &before);
    const rlimit none{1, before.rlim_max};
    setrlimit(RLIMIT_AS, &none);
    pool.submit(second); // waits for the one that there is
    thread_pool empty(1);
    const auto submit_refused = [&] { empty.submit(refused); };
    EXPECT_THROW(submit_refused(), std::system_error);
    setrlimit(RLIMIT_AS, &before);
    over.count_down();
    EXPECT_EQ(ran, 0);
    go.release();
    EXPECT_TRUE(pool.join(fibers::never));
    EXPECT_EQ(ran, 1);
}

} // namespace
} // namespace weft::reactor
