// SPDX-License-Identifier: BSL-1.0
//
// The green semaphores, latches, barriers and once flags: what they count, and whom they let go.
#include "tests/support/api_settle.hpp"
#include "tests/support/green.hpp"
#include "tests/support/places.hpp"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using green_semaphore = green_fixture;
using green_latch = green_fixture;
using green_barrier = green_fixture;
using green_once = green_fixture;

TEST_F(green_semaphore, gives_each_permit_once_and_in_the_order_of_coming) {
    in_virtual_time([] {
        green::counting_semaphore<5> s(2);
        s.acquire();
        EXPECT_TRUE(s.try_acquire());
        EXPECT_FALSE(s.try_acquire());
        std::string order;
        std::vector<task<void>> tasks;
        for (const char name : {'a', 'b', 'c'}) {
            tasks.push_back(spawn({.eager = true}, [&, name] {
                s.acquire();
                order += name;
            }));
        }
        s.release(2);
        settle();
        EXPECT_EQ(order.size(), 2U);
        EXPECT_EQ(order.find('c'), std::string::npos);
        s.release();
        EXPECT_TRUE(s.try_acquire()) << "who was woken has not come yet";
        settle();
        EXPECT_EQ(order.size(), 2U);
        s.release();
        EXPECT_FALSE(s.try_acquire()) << "overtaken once, it is given the next";
        s.release();
        gather(tasks);
        EXPECT_TRUE(s.try_acquire());
        EXPECT_FALSE(s.try_acquire());
    });
}

TEST_F(green_semaphore, a_permit_that_meets_a_cancel_goes_to_the_next_or_stays) {
    in_virtual_time([] {
        green::binary_semaphore s(0);
        auto first = spawn({.eager = true}, [&] { s.acquire(); });
        auto second = spawn({.eager = true}, [&] { s.acquire(); });
        s.release();
        first.cancel();
        second.get();
        first.wait();
        EXPECT_TRUE(first.cancelled());
        auto third = spawn({.eager = true}, [&] { s.acquire(); });
        s.release();
        third.cancel();
        third.wait();
        EXPECT_TRUE(s.try_acquire());
    });
}

TEST_F(green_semaphore, gives_up_when_the_time_has_come) {
    in_virtual_time([] {
        green::binary_semaphore s(0);
        const auto begin = loop_time();
        EXPECT_FALSE(s.try_acquire_for(3ms));
        EXPECT_FALSE(s.try_acquire_until(loop_time() + 2ms));
        EXPECT_EQ(loop_time() - begin, 5ms);
        auto giver = spawn([&] { s.release(); });
        while (!s.try_acquire_for(0s)) { // lets the giver run
        }
        giver.get();
    });
}

TEST_F(green_semaphore, wrong_counts_are_errors) {
    EXPECT_EQ(green::binary_semaphore::max(), 1);
    EXPECT_THROW(green::counting_semaphore<3>(-1), std::invalid_argument);
    EXPECT_THROW(green::counting_semaphore<3>(4), std::invalid_argument);
    green::counting_semaphore<3> s(2);
    EXPECT_THROW(s.release(-1), std::invalid_argument);
    EXPECT_THROW(s.release(2), std::invalid_argument);
    s.release(0);
    s.release(1);
}

TEST_F(green_semaphore, stress_permits_of_loops_and_threads_are_neither_lost_nor_made) {
    green::counting_semaphore<8> s(3);
    std::atomic<int> inside = 0;
    const auto pass = [&](int who) {
        for (int i = 0; i < 300; ++i) {
            const bool timed = (i + who) % 3 == 0;
            if (timed && !s.try_acquire_for(std::chrono::microseconds(i % 5 * 10))) {
                continue;
            }
            if (!timed) {
                s.acquire();
            }
            EXPECT_LE(++inside, 3);
            if (i % 4 == 0) {
                green::this_thread::yield();
            }
            --inside;
            s.release();
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back(pass, i);
        threads.emplace_back([&] {
            run([&] {
                std::vector<task<void>> tasks;
                for (int who = 0; who < 6; ++who) {
                    tasks.push_back(spawn(pass, who));
                }
                yield_times(20);
                tasks[2].cancel();
                tasks[4].cancel();
                for (auto& t : tasks) {
                    t.wait();
                }
            });
        });
    }
    for (auto& t : threads) {
        t.join();
    }
    // Those that were cancelled inside have kept theirs.
    int left = 0;
    while (s.try_acquire()) {
        ++left;
    }
    EXPECT_EQ(left + inside, 3);
}

TEST_F(green_latch, lets_all_go_at_zero_and_not_before) {
    in_virtual_time([] {
        auto l = std::make_unique<green::latch>(3);
        int gone = 0;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 2; ++i) {
            tasks.push_back(spawn({.eager = true}, [&] {
                l->wait();
                ++gone;
            }));
        }
        tasks.push_back(spawn({.eager = true}, [&] {
            l->arrive_and_wait();
            ++gone;
        }));
        settle();
        EXPECT_FALSE(l->try_wait());
        tasks[1].cancel();
        l->count_down(0);
        l->count_down();
        settle();
        EXPECT_EQ(gone, 0);
        on_a_plain_thread([&] { l->count_down(); });
        tasks[0].get();
        tasks[2].get();
        EXPECT_EQ(gone, 2);
        EXPECT_TRUE(l->try_wait());
        l->wait();
        EXPECT_THROW(l->count_down(), std::invalid_argument);
        EXPECT_THROW(l->count_down(-1), std::invalid_argument);
        EXPECT_THROW(green::latch(-1), std::invalid_argument);
        EXPECT_TRUE(green::latch(0).try_wait());
    });
}

TEST_F(green_latch, who_waited_may_destroy_it_at_once) {
    for (int round = 0; round < 200; ++round) {
        auto l = std::make_unique<green::latch>(1);
        std::thread other([&l = *l] { l.count_down(); });
        run([&] {
            l->wait();
            l.reset();
        });
        other.join();
    }
}

TEST_F(green_barrier, the_last_completes_the_phase_and_the_completion_may_block) {
    in_virtual_time([] {
        int phases = 0;
        const auto completion = [&]() noexcept {
            sleep_for(1ms);
            ++phases;
        };
        green::barrier meet(2, completion);
        auto other = spawn([&] {
            meet.arrive_and_wait();
            EXPECT_EQ(phases, 1);
            auto arrival = meet.arrive();
            EXPECT_EQ(phases, 1);
            meet.wait(std::move(arrival));
            EXPECT_EQ(phases, 2);
            meet.arrive_and_drop();
        });
        meet.arrive_and_wait();
        EXPECT_EQ(phases, 1);
        meet.arrive_and_wait();
        EXPECT_EQ(phases, 2);
        meet.arrive_and_wait();
        EXPECT_EQ(phases, 3);
        other.get();
        meet.arrive_and_wait(); // alone now
        EXPECT_EQ(phases, 4);
        auto arrival = meet.arrive();
        EXPECT_THROW(static_cast<void>(meet.arrive(2)), std::invalid_argument);
        meet.wait(std::move(arrival));
        EXPECT_THROW(static_cast<void>(meet.arrive(0)), std::invalid_argument);
        EXPECT_THROW(green::barrier<>(-1), std::invalid_argument);
    });
}

TEST_F(green_barrier, a_cancelled_waiter_has_arrived_all_the_same) {
    in_virtual_time([] {
        green::barrier meet(2);
        auto other = spawn({.eager = true}, [&] { meet.arrive_and_wait(); });
        other.cancel();
        other.wait();
        EXPECT_TRUE(other.cancelled());
        meet.arrive_and_wait();
    });
}

TEST_F(green_barrier, stress_tasks_and_threads_meet) {
    constexpr int phases = 100;
    int counted = 0;
    std::atomic<int> arrived = 0;
    const auto completion = [&]() noexcept {
        EXPECT_EQ(arrived.exchange(0), 4);
        ++counted;
    };
    green::barrier meet(4, completion);
    const auto step = [&] {
        for (int i = 0; i < phases; ++i) {
            ++arrived;
            meet.arrive_and_wait();
        }
    };
    std::thread a(step);
    std::thread b(step);
    run([&] { gather(step, step); });
    a.join();
    b.join();
    EXPECT_EQ(counted, phases);
}

TEST_F(green_once, is_called_once_and_the_others_wait) {
    in_virtual_time([] {
        green::once_flag flag;
        int calls = 0;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 5; ++i) {
            tasks.push_back(spawn([&] {
                green::call_once(
                    flag,
                    [&](std::unique_ptr<int> n) {
                        sleep_for(1ms);
                        calls += *n;
                    },
                    std::make_unique<int>(1));
                EXPECT_EQ(calls, 1);
            }));
        }
        gather(tasks);
        in_a_callback([&] { green::call_once(flag, [&] { ++calls; }); });
        on_a_plain_thread([&] { green::call_once(flag, [&] { ++calls; }); });
        EXPECT_EQ(calls, 1);
    });
}

TEST_F(green_once, the_next_one_calls_when_it_failed_or_was_cancelled) {
    in_virtual_time([] {
        green::once_flag flag;
        int calls = 0;
        auto first = spawn({.eager = true}, [&] {
            green::call_once(flag, [&] {
                ++calls;
                sleep_until_cancelled();
            });
        });
        auto leaves = spawn({.eager = true}, [&] { green::call_once(flag, [&] { ++calls; }); });
        auto second = spawn({.eager = true}, [&] {
            green::call_once(flag, [&] {
                ++calls;
                throw std::runtime_error("no");
            });
        });
        leaves.cancel();
        leaves.wait();
        first.cancel();
        EXPECT_EQ(end_of([&] { second.get(); }), "error: no");
        green::call_once(flag, [&] { ++calls; });
        green::call_once(flag, [&] { ++calls; });
        EXPECT_EQ(calls, 3);
    });
}

TEST_F(green_once, calling_itself_is_an_error) {
    in_virtual_time([] {
        green::once_flag flag;
        EXPECT_EQ(system_error_of([&] {
                      green::call_once(flag, [&] { green::call_once(flag, [] {}); });
                  }).first,
                  std::errc::resource_deadlock_would_occur);
        green::call_once(flag, [] {});
    });
}

TEST_F(green_once, stress_loops_and_threads_agree) {
    for (int round = 0; round < 50; ++round) {
        green::once_flag flag;
        std::atomic<int> calls = 0;
        const auto call = [&] {
            green::call_once(flag, [&] { ++calls; });
            EXPECT_EQ(calls, 1);
        };
        std::thread a(call);
        std::thread b([&] { run([&] { gather(call, call); }); });
        run([&] { gather(call, call); });
        a.join();
        b.join();
    }
}

} // namespace
} // namespace weft::test
