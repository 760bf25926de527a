// SPDX-License-Identifier: BSL-1.0
//
// What Boost.Fiber's own objects do is the same with Boost's algorithm and with ours: each test
// runs with both.
#include "tests/support/boost_fiber_threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace fibers = boost::fibers;
using namespace std::chrono_literals;

namespace {

template <class Algorithm>
class boost_objects : public testing::Test {
  protected:
    template <class Body>
    void on_a_thread(Body body) {
        weft::test::on_a_thread_with<Algorithm>(std::move(body));
    }
    // Each launch policy in turn.
    template <class Body>
    void for_each_launch(Body body) {
        for (const auto policy : {fibers::launch::post, fibers::launch::dispatch}) {
            on_a_thread([&] { body(policy); });
        }
    }
};

struct algorithm_names {
    template <class Algorithm>
    static std::string GetName(int) { // NOLINT: GoogleTest's name
        return std::is_same_v<Algorithm, weft::boost_fiber_algorithm> ? "weft" : "round_robin";
    }
};
using algorithms = testing::Types<fibers::algo::round_robin, weft::boost_fiber_algorithm>;
TYPED_TEST_SUITE(boost_objects, algorithms, algorithm_names);

TYPED_TEST(boost_objects, AFiberThatIsPostedRunsAtTheNextWait) {
    this->on_a_thread([] {
        std::string order;
        fibers::fiber f(fibers::launch::post, [&] { order += 'f'; });
        order += 'm';
        f.join();
        EXPECT_EQ(order, "mf");
    });
}

TYPED_TEST(boost_objects, AFiberThatIsDispatchedRunsBeforeItsLauncherGoesOn) {
    this->on_a_thread([] {
        std::string order;
        fibers::fiber f(fibers::launch::dispatch, [&] {
            order += 'f';
            boost::this_fiber::yield();
            order += 'F';
        });
        order += 'm';
        f.join();
        EXPECT_EQ(order, "fmF");
    });
}

TYPED_TEST(boost_objects, FibersThatYieldTakeTurnsInTheOrderOfTheirMaking) {
    this->for_each_launch([](fibers::launch policy) {
        std::string order;
        std::vector<fibers::fiber> all;
        for (char name = 'a'; name < 'e'; ++name) {
            all.emplace_back(policy, [&order, name] {
                for (int i = 0; i < 3; ++i) {
                    order += name;
                    boost::this_fiber::yield();
                }
            });
        }
        for (fibers::fiber& f : all) {
            f.join();
        }
        EXPECT_EQ(order.size(), 12U);
        if (policy == fibers::launch::post) {
            EXPECT_EQ(order, "abcdabcdabcd");
        }
    });
}

TYPED_TEST(boost_objects, AFiberMayBeMovedDetachedAndJoinedByAnother) {
    this->for_each_launch([](fibers::launch policy) {
        int ran = 0;
        fibers::fiber first(policy, [&] { ++ran; });
        fibers::fiber second(std::move(first));
        EXPECT_FALSE(first.joinable());
        fibers::fiber joiner(policy, [&] { second.join(); });
        joiner.join();
        fibers::fiber(policy, [&] { ++ran; }).detach();
        EXPECT_THROW(first.join(), fibers::fiber_error);
        while (ran < 2) {
            boost::this_fiber::yield();
        }
    });
}

TYPED_TEST(boost_objects, TheEndOfAThreadWaitsForDetachedFibers) {
    bool ended = false;
    this->on_a_thread([&] {
        fibers::fiber([&] {
            boost::this_fiber::sleep_for(2ms);
            ended = true;
        }).detach();
    });
    EXPECT_TRUE(ended);
}

TYPED_TEST(boost_objects, SleepsEndInTheOrderOfTheirDeadlinesAndNeverEarly) {
    this->on_a_thread([] {
        std::string order;
        std::vector<fibers::fiber> all;
        for (const auto& [name, delay] :
             {std::pair('c', 9ms), std::pair('a', 1ms), std::pair('b', 5ms)}) {
            all.emplace_back([&order, name = name, delay = delay] {
                const auto until = std::chrono::steady_clock::now() + delay;
                boost::this_fiber::sleep_until(until);
                EXPECT_GE(std::chrono::steady_clock::now(), until);
                order += name;
            });
        }
        for (fibers::fiber& f : all) {
            f.join();
        }
        EXPECT_EQ(order, "abc");
    });
}

template <class Mutex>
void count_under_a_lock(fibers::launch policy) {
    Mutex mutex;
    int inside = 0;
    int rounds = 0;
    const auto work = [&] {
        for (int i = 0; i < 20; ++i) {
            const std::lock_guard lock(mutex);
            EXPECT_EQ(++inside, 1);
            boost::this_fiber::yield();
            --inside;
            ++rounds;
        }
    };
    fibers::fiber a(policy, work);
    fibers::fiber b(policy, work);
    a.join();
    b.join();
    EXPECT_EQ(rounds, 40);
}

TYPED_TEST(boost_objects, AMutexLetsOneFiberIn) {
    this->for_each_launch(count_under_a_lock<fibers::mutex>);
    this->for_each_launch(count_under_a_lock<fibers::timed_mutex>);
}

TYPED_TEST(boost_objects, ARecursiveMutexLetsItsOwnerInAgain) {
    this->for_each_launch(count_under_a_lock<fibers::recursive_mutex>);
    this->for_each_launch(count_under_a_lock<fibers::recursive_timed_mutex>);
    this->on_a_thread([] {
        fibers::recursive_mutex mutex;
        const std::scoped_lock first(mutex);
        const std::scoped_lock second(mutex);
        fibers::fiber([&] { EXPECT_FALSE(mutex.try_lock()); }).join();
    });
}

TYPED_TEST(boost_objects, ATimedMutexGivesUpAtItsDeadline) {
    this->on_a_thread([] {
        fibers::timed_mutex mutex;
        mutex.lock();
        fibers::fiber([&] {
            const auto begin = std::chrono::steady_clock::now();
            EXPECT_FALSE(mutex.try_lock_for(3ms));
            EXPECT_GE(std::chrono::steady_clock::now() - begin, 3ms);
        }).join();
        fibers::fiber waiter([&] {
            EXPECT_TRUE(mutex.try_lock_for(10s));
            mutex.unlock();
        });
        boost::this_fiber::yield();
        mutex.unlock();
        waiter.join();
    });
}

template <class Condition>
void wait_and_notify() {
    Condition changed;
    fibers::mutex mutex;
    int value = 0;
    std::vector<fibers::fiber> all;
    for (int i = 1; i <= 3; ++i) {
        all.emplace_back([&, i] {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return value >= i; });
        });
    }
    for (int i = 1; i <= 3; ++i) {
        boost::this_fiber::yield();
        const std::lock_guard lock(mutex);
        ++value;
        changed.notify_all();
    }
    for (fibers::fiber& f : all) {
        f.join();
    }
    std::unique_lock lock(mutex);
    EXPECT_EQ(changed.wait_for(lock, 2ms), fibers::cv_status::timeout);
    EXPECT_FALSE(changed.wait_for(lock, 2ms, [] { return false; }));
    EXPECT_TRUE(lock.owns_lock());
}

TYPED_TEST(boost_objects, AConditionVariableWakesAndTimesOut) {
    this->on_a_thread(wait_and_notify<fibers::condition_variable>);
    this->on_a_thread(wait_and_notify<fibers::condition_variable_any>);
}

TYPED_TEST(boost_objects, ABarrierLetsAllGoAtOnce) {
    this->for_each_launch([](fibers::launch policy) {
        fibers::barrier barrier(3);
        int before = 0;
        int last = 0;
        const auto work = [&] {
            for (int round = 1; round <= 3; ++round) {
                ++before;
                last += barrier.wait() ? 1 : 0;
                EXPECT_GE(before, 3 * round);
            }
        };
        fibers::fiber a(policy, work);
        fibers::fiber b(policy, work);
        work();
        a.join();
        b.join();
        EXPECT_EQ(last, 3);
    });
}

template <class Channel>
void sum_through(Channel& channel, fibers::launch policy) {
    fibers::fiber producer(policy, [&] {
        for (int i = 1; i <= 100; ++i) {
            EXPECT_EQ(channel.push(i), fibers::channel_op_status::success);
        }
        channel.close();
        EXPECT_EQ(channel.push(0), fibers::channel_op_status::closed);
    });
    EXPECT_EQ(std::accumulate(begin(channel), end(channel), 0), 5050);
    producer.join();
    int value = 0;
    EXPECT_EQ(channel.pop(value), fibers::channel_op_status::closed);
}

TYPED_TEST(boost_objects, ABufferedChannelBlocksWhenItIsFullAndWhenItIsEmpty) {
    this->for_each_launch([](fibers::launch policy) {
        fibers::buffered_channel<int> channel(4);
        int value = 0;
        EXPECT_EQ(channel.try_pop(value), fibers::channel_op_status::empty);
        EXPECT_EQ(channel.pop_wait_for(value, 2ms), fibers::channel_op_status::timeout);
        sum_through(channel, policy);
    });
    this->on_a_thread([] {
        fibers::buffered_channel<int> channel(2);
        EXPECT_EQ(channel.push(1), fibers::channel_op_status::success);
        EXPECT_EQ(channel.push_wait_for(2, 2ms), fibers::channel_op_status::timeout);
    });
}

TYPED_TEST(boost_objects, AnUnbufferedChannelHandsOver) {
    this->for_each_launch([](fibers::launch policy) {
        fibers::unbuffered_channel<int> channel;
        int value = 0;
        EXPECT_EQ(channel.pop_wait_for(value, 2ms), fibers::channel_op_status::timeout);
        EXPECT_EQ(channel.push_wait_for(1, 2ms), fibers::channel_op_status::timeout);
        sum_through(channel, policy);
    });
}

TYPED_TEST(boost_objects, AFutureBringsAValueAnErrorOrABrokenPromise) {
    this->for_each_launch([](fibers::launch policy) {
        fibers::promise<int> promise;
        fibers::future<int> future = promise.get_future();
        EXPECT_EQ(future.wait_for(2ms), fibers::future_status::timeout);
        fibers::fiber(policy, [&] { promise.set_value(7); }).detach();
        EXPECT_EQ(future.get(), 7);

        fibers::future<int> error =
            fibers::async(policy, []() -> int { throw std::runtime_error("no"); });
        EXPECT_THROW(error.get(), std::runtime_error);

        fibers::future<int> broken = std::make_optional<fibers::promise<int>>()->get_future();
        EXPECT_THROW(broken.get(), fibers::broken_promise);
    });
}

TYPED_TEST(boost_objects, APackagedTaskAndASharedFutureBringTheirValueToAll) {
    this->for_each_launch([](fibers::launch policy) {
        fibers::packaged_task<int(int)> task([](int i) { return i + 1; });
        fibers::shared_future<int> answer = task.get_future();
        std::vector<fibers::fiber> all;
        int sum = 0;
        for (int i = 0; i < 3; ++i) {
            all.emplace_back(policy, [&, answer] { sum += answer.get(); });
        }
        fibers::fiber(policy, std::move(task), 1).join();
        for (fibers::fiber& f : all) {
            f.join();
        }
        EXPECT_EQ(sum, 6);
    });
}

TYPED_TEST(boost_objects, FiberSpecificPointersAreEachFibersOwnAndDestroyedWithIt) {
    this->for_each_launch([](fibers::launch policy) {
        struct counted {
            explicit counted(int& n) : alive(n) { ++alive; }
            ~counted() { --alive; }
            int& alive;
        };
        int alive = 0;
        fibers::fiber_specific_ptr<counted> mine;
        mine.reset(new counted(alive));
        fibers::fiber(policy, [&] {
            EXPECT_EQ(mine.get(), nullptr);
            mine.reset(new counted(alive));
            boost::this_fiber::yield();
            EXPECT_EQ(alive, 2);
        }).join();
        EXPECT_EQ(alive, 1);
        mine.reset(nullptr);
        EXPECT_EQ(alive, 0);
    });
}

TYPED_TEST(boost_objects, TwoThreadsWakeEachOthersFibers) {
    fibers::unbuffered_channel<int> there;
    fibers::unbuffered_channel<int> back;
    std::thread other([&] {
        this->on_a_thread([&] {
            for (int i : there) {
                back.push(i * 2);
            }
            back.close();
        });
    });
    this->on_a_thread([&] {
        fibers::fiber writer([&] {
            for (int i = 1; i <= 100; ++i) {
                there.push(i);
            }
            there.close();
        });
        EXPECT_EQ(std::accumulate(begin(back), end(back), 0), 10'100);
        writer.join();
    });
    other.join();
}

TYPED_TEST(boost_objects, ManyThreadsCompeteForOneMutex) {
    fibers::mutex mutex;
    int counter = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            this->on_a_thread([&] {
                std::vector<fibers::fiber> all;
                for (int f = 0; f < 4; ++f) {
                    all.emplace_back([&] {
                        for (int i = 0; i < 50; ++i) {
                            const std::lock_guard lock(mutex);
                            ++counter;
                            boost::this_fiber::yield();
                        }
                    });
                }
                for (fibers::fiber& f : all) {
                    f.join();
                }
            });
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    EXPECT_EQ(counter, 800);
}

} // namespace
