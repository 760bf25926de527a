// SPDX-License-Identifier: BSL-1.0
//
// What libstdc++ makes of pthread's calls and of futexes, unmodified: used by tasks, by threads and
// by both.
#include "tests/interpose/threads/threads_fixture.hpp"

#include <barrier>
#include <condition_variable>
#include <deque>
#include <future>
#include <latch>
#include <mutex>
#include <optional>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>

namespace weft::test {
namespace {

class std_threads : public api_test {};
class std_threads_by : public with_actors {};

// In a task, a chance for the others to run.
void pause_now_and_then(int step) {
    if (detail::may_suspend() && step % 10 == 0) {
        weft::yield();
    }
}

template <class Mutex>
void count_under(actors who) {
    Mutex m;
    int count = 0;
    const auto part = [&] {
        for (int i = 0; i < 100; ++i) {
            const std::lock_guard lock(m);
            const int before = count;
            pause_now_and_then(i);
            count = before + 1;
        }
    };
    act(who, {part, part, part, part, part, part});
    EXPECT_EQ(count, 600);
}

TEST_P(std_threads_by, mutex) {
    count_under<std::mutex>(GetParam());
}
TEST_P(std_threads_by, recursive_mutex) {
    count_under<std::recursive_mutex>(GetParam());
}
TEST_P(std_threads_by, timed_mutex) {
    count_under<std::timed_mutex>(GetParam());
}
TEST_P(std_threads_by, recursive_timed_mutex) {
    count_under<std::recursive_timed_mutex>(GetParam());
}
TEST_P(std_threads_by, shared_mutex) {
    count_under<std::shared_mutex>(GetParam());
}

TEST_P(std_threads_by, two_mutexes_at_once) {
    std::mutex a;
    std::mutex b;
    int count = 0;
    const auto part = [&] {
        for (int i = 0; i < 100; ++i) {
            const std::scoped_lock both(a, b);
            const int before = count;
            pause_now_and_then(i);
            count = before + 1;
        }
    };
    const auto other_way = [&] {
        for (int i = 0; i < 100; ++i) {
            const std::scoped_lock both(b, a);
            const int before = count;
            pause_now_and_then(i);
            count = before + 1;
        }
    };
    act(GetParam(), {part, other_way, part, other_way});
    EXPECT_EQ(count, 400);
}

TEST_P(std_threads_by, condition_variable) {
    std::mutex m;
    std::condition_variable filled;
    std::condition_variable emptied;
    std::deque<int> buffer;
    constexpr int items = 200;
    std::atomic<int> sum = 0;
    const auto produce = [&] {
        for (int i = 1; i <= items; ++i) {
            std::unique_lock lock(m);
            emptied.wait(lock, [&] { return buffer.size() < 3; });
            buffer.push_back(i);
            filled.notify_one();
        }
    };
    const auto consume = [&] {
        for (int i = 0; i < items; ++i) {
            std::unique_lock lock(m);
            ASSERT_TRUE(filled.wait_for(lock, 1min, [&] { return !buffer.empty(); }));
            sum += buffer.front();
            buffer.pop_front();
            emptied.notify_one();
        }
    };
    act(GetParam(), {produce, consume, consume, produce});
    EXPECT_EQ(sum, items * (items + 1));
}

TEST_P(std_threads_by, condition_variable_any) {
    std::shared_mutex m;
    std::condition_variable_any changed;
    int turn = 0;
    const auto part = [&](int me) {
        return [&, me] {
            for (int i = 0; i < 50; ++i) {
                std::unique_lock lock(m);
                changed.wait(lock, [&] { return turn % 3 == me; });
                ++turn;
                changed.notify_all();
            }
        };
    };
    act(GetParam(), {part(0), part(1), part(2)});
    EXPECT_EQ(turn, 150);
}

TEST_P(std_threads_by, promise_and_future) {
    constexpr std::size_t links = 20;
    std::vector<std::promise<int>> promises(links);
    std::vector<std::future<int>> futures;
    for (auto& p : promises) {
        futures.push_back(p.get_future());
    }
    std::vector<std::function<void()>> parts;
    for (std::size_t i = 1; i < links; ++i) {
        parts.emplace_back([&, i] {
            if (i % 4 == 0) {
                EXPECT_EQ(futures[i].wait_for(1min), std::future_status::ready);
            }
            promises[i - 1].set_value(futures[i].get() + 1);
        });
    }
    parts.emplace_back([&] { promises[links - 1].set_value(1); });
    act(GetParam(), parts);
    EXPECT_EQ(futures[0].get(), static_cast<int>(links));
}

TEST_P(std_threads_by, packaged_task_and_shared_future) {
    std::packaged_task<int()> work([] {
        if (detail::may_suspend()) {
            weft::sleep_for(1ms);
        }
        throw std::runtime_error("as agreed");
        return 1;
    });
    const std::shared_future<int> future = work.get_future().share();
    const auto ask = [&] { EXPECT_THROW(static_cast<void>(future.get()), std::runtime_error); };
    act(GetParam(), {ask, ask, [&] { work(); }, ask, ask});
}

TEST_P(std_threads_by, counting_semaphore) {
    std::counting_semaphore<3> permits(3);
    std::atomic<int> inside = 0;
    const auto part = [&] {
        for (int i = 0; i < 50; ++i) {
            permits.acquire();
            EXPECT_LE(++inside, 3);
            pause_now_and_then(i);
            --inside;
            permits.release();
        }
    };
    act(GetParam(), {part, part, part, part, part, part});
}

TEST_P(std_threads_by, latch) {
    std::latch start(4);
    std::atomic<int> came = 0;
    const auto part = [&] {
        ++came;
        start.arrive_and_wait();
        EXPECT_EQ(came, 4);
    };
    act(GetParam(), {part, part, part, part});
}

TEST_P(std_threads_by, barrier) {
    int phases = 0;
    std::barrier meeting(4, [&]() noexcept { ++phases; });
    const auto part = [&] {
        for (int phase = 1; phase < 50; phase += 2) {
            meeting.arrive_and_wait();
            EXPECT_EQ(phases, phase);
            meeting.arrive_and_wait();
        }
    };
    act(GetParam(), {part, part, part, part});
    EXPECT_EQ(phases, 50);
}

TEST_P(std_threads_by, atomic_wait) {
    std::atomic<int> turn = 0;
    const auto part = [&](int me) {
        return [&, me] {
            for (int i = 0; i < 50; ++i) {
                for (int seen = turn; seen % 3 != me; seen = turn) {
                    turn.wait(seen);
                }
                ++turn;
                turn.notify_all();
            }
        };
    };
    act(GetParam(), {part(0), part(1), part(2)});
    EXPECT_EQ(turn, 150);
}

// The first caller makes it, and suspends meanwhile if it can.
const std::string& made_once() {
    static const std::string made = [] {
        if (detail::may_suspend()) {
            weft::sleep_for(1ms);
        } else {
            std::this_thread::sleep_for(1ms);
        }
        return std::string("made");
    }();
    return made;
}

TEST_F(std_threads, a_local_static_whose_initializer_suspends_is_made_once) {
    const auto part = [] { EXPECT_EQ(made_once(), "made"); };
    act(actors::both, {part, part, part, part});
}

WEFT_WITH_ALL_ACTORS(std_threads_by);

// Condition variables and futures look at the real clock again when the wait is over, and so never
// believe virtual time.
TEST_F(std_threads, a_timed_lock_is_timed_by_the_loop) {
    in_virtual_time([] {
        std::timed_mutex m;
        m.lock();
        auto other = spawn([&] { EXPECT_FALSE(m.try_lock_for(1h)); });
        const auto waited = time_of([&] { other.get(); });
        EXPECT_GT(waited, 59min);
        EXPECT_LE(waited, 1h + 1s);
        m.unlock();
    });
}

TEST_F(std_threads, timed_waits_end) {
    weft::run([] {
        std::mutex m;
        std::condition_variable c;
        std::unique_lock lock(m);
        EXPECT_EQ(c.wait_for(lock, 1ms), std::cv_status::timeout);
        EXPECT_EQ(c.wait_until(lock, std::chrono::system_clock::now() + 1ms),
                  std::cv_status::timeout);
        std::promise<void> never;
        EXPECT_EQ(never.get_future().wait_for(1ms), std::future_status::timeout);
        std::counting_semaphore<1> none(0);
        EXPECT_FALSE(none.try_acquire_for(1ms));
    });
}

TEST_F(std_threads, async_in_a_thread_of_its_own_is_waited_for_by_the_task_alone) {
    weft::run([] {
        flag go;
        auto future = std::async(std::launch::async, [&] {
            go.wait_as_thread();
            return 42;
        });
        auto waiter = spawn([&] { EXPECT_EQ(future.get(), 42); });
        yield_times(5);
        EXPECT_FALSE(waiter.done());
        go.raise();
        waiter.get();
    });
}

TEST_F(std_threads, deadlocks_that_std_finds_are_found_between_tasks) {
    in_virtual_time([] {
        std::shared_mutex m;
        m.lock();
        EXPECT_THROW(m.lock(), std::system_error);
        spawn([&] { EXPECT_FALSE(m.try_lock_shared()); }).get();
        m.unlock();
    });
}

} // namespace
} // namespace weft::test
