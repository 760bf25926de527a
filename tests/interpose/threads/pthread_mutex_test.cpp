// SPDX-License-Identifier: BSL-1.0
//
// Mutexes between the tasks of one thread.
#include "tests/interpose/threads/threads_fixture.hpp"
#include "tests/interpose/threads/typed_mutex.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace weft::test {
namespace {

class pthread_mutexes : public api_test {};
class pthread_mutexes_in_order : public ordered_api_test {};

TEST_F(pthread_mutexes, one_held_across_a_suspension_suspends_the_other_task) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    in_virtual_time([&] {
        auto holder = spawn([&] {
            ASSERT_EQ(pthread_mutex_lock(&m), 0);
            weft::sleep_for(1h);
            ASSERT_EQ(pthread_mutex_unlock(&m), 0);
        });
        auto waiter = spawn([&] {
            weft::sleep_for(1s);
            EXPECT_EQ(time_of([&] { ASSERT_EQ(pthread_mutex_lock(&m), 0); }), 1h - 1s);
            EXPECT_EQ(pthread_mutex_unlock(&m), 0);
        });
        holder.get();
        waiter.get();
    });
    EXPECT_EQ(pthread_mutex_destroy(&m), 0);
}

TEST_F(pthread_mutexes_in_order, tasks_get_one_in_the_order_of_their_coming) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    diary d;
    in_virtual_time([&] {
        std::vector<task<void>> all;
        for (const char* name : {"a", "b", "c", "d"}) {
            all.push_back(spawn([&, name] {
                pthread_mutex_lock(&m);
                weft::sleep_for(1s);
                d.note(name);
                pthread_mutex_unlock(&m);
            }));
        }
        for (auto& t : all) {
            t.get();
        }
    });
    EXPECT_EQ(d.text(), "a b c d");
}

TEST_F(pthread_mutexes, a_task_that_locks_again_at_once_lets_the_others_in) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    in_virtual_time([&] {
        std::array<int, 4> turns{};
        std::vector<task<void>> all;
        for (int& mine : turns) {
            all.push_back(spawn([&] {
                for (int i = 0; i < 20; ++i) {
                    pthread_mutex_lock(&m);
                    ++mine;
                    const auto [fewest, most] = std::minmax_element(turns.begin(), turns.end());
                    EXPECT_LE(*most - *fewest, 4);
                    weft::sleep_for(1s);
                    pthread_mutex_unlock(&m);
                }
            }));
        }
        for (auto& t : all) {
            t.get();
        }
    });
}

TEST_F(pthread_mutexes, trylock_does_not_wait) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    in_virtual_time([&] {
        ASSERT_EQ(pthread_mutex_trylock(&m), 0);
        EXPECT_EQ(pthread_mutex_trylock(&m), EBUSY);
        spawn([&] { EXPECT_EQ(pthread_mutex_trylock(&m), EBUSY); }).get();
        EXPECT_EQ(pthread_mutex_unlock(&m), 0);
    });
}

TEST_F(pthread_mutexes, an_error_checking_one_knows_tasks_apart) {
    typed_mutex m(PTHREAD_MUTEX_ERRORCHECK);
    in_virtual_time([&] {
        ASSERT_EQ(pthread_mutex_lock(m), 0);
        EXPECT_EQ(pthread_mutex_lock(m), EDEADLK);
        EXPECT_EQ(pthread_mutex_trylock(m), EBUSY);
        const timespec later = in(1s);
        EXPECT_EQ(pthread_mutex_timedlock(m, &later), EDEADLK);
        auto other = spawn([&] {
            EXPECT_EQ(pthread_mutex_unlock(m), EPERM);
            EXPECT_EQ(pthread_mutex_trylock(m), EBUSY);
            EXPECT_EQ(time_of([&] { EXPECT_EQ(pthread_mutex_lock(m), 0); }), 1min);
            EXPECT_EQ(pthread_mutex_unlock(m), 0);
            EXPECT_EQ(pthread_mutex_unlock(m), EPERM);
        });
        weft::sleep_for(1min);
        EXPECT_EQ(pthread_mutex_unlock(m), 0);
        other.get();
    });
}

TEST_F(pthread_mutexes, a_recursive_one_is_not_granted_to_another_task) {
    typed_mutex m(PTHREAD_MUTEX_RECURSIVE);
    in_virtual_time([&] {
        ASSERT_EQ(pthread_mutex_lock(m), 0);
        ASSERT_EQ(pthread_mutex_lock(m), 0);
        ASSERT_EQ(pthread_mutex_trylock(m), 0);
        auto other = spawn([&] {
            EXPECT_EQ(pthread_mutex_trylock(m), EBUSY);
            EXPECT_EQ(pthread_mutex_unlock(m), EPERM);
            EXPECT_EQ(time_of([&] { EXPECT_EQ(pthread_mutex_lock(m), 0); }), 3s);
            EXPECT_EQ(pthread_mutex_lock(m), 0);
            EXPECT_EQ(pthread_mutex_unlock(m), 0);
            EXPECT_EQ(pthread_mutex_unlock(m), 0);
            EXPECT_EQ(pthread_mutex_unlock(m), EPERM);
        });
        for (int i = 0; i < 3; ++i) {
            weft::sleep_for(1s);
            EXPECT_EQ(pthread_mutex_unlock(m), 0);
        }
        other.get();
    });
}

TEST_F(pthread_mutexes, many_recursive_ones_are_held_at_once_by_many_tasks) {
    std::vector<std::unique_ptr<typed_mutex>> all;
    for (int i = 0; i < 100; ++i) {
        all.push_back(std::make_unique<typed_mutex>(PTHREAD_MUTEX_RECURSIVE));
    }
    in_virtual_time([&] {
        std::vector<task<void>> tasks;
        for (int i = 0; i < 200; ++i) {
            tasks.push_back(spawn([&, i] {
                pthread_mutex_t* m = *all[static_cast<std::size_t>(i) % all.size()];
                for (int round = 0; round < 5; ++round) {
                    EXPECT_EQ(pthread_mutex_lock(m), 0);
                    EXPECT_EQ(pthread_mutex_lock(m), 0);
                    weft::sleep_for(std::chrono::milliseconds(1 + i % 7));
                    EXPECT_EQ(pthread_mutex_unlock(m), 0);
                    EXPECT_EQ(pthread_mutex_unlock(m), 0);
                }
            }));
        }
        for (auto& t : tasks) {
            t.get();
        }
    });
}

TEST_F(pthread_mutexes, one_that_the_caller_of_run_holds_recursively_is_its_tasks_too) {
    typed_mutex recursive(PTHREAD_MUTEX_RECURSIVE);
    typed_mutex checking(PTHREAD_MUTEX_ERRORCHECK);
    ASSERT_EQ(pthread_mutex_lock(recursive), 0);
    ASSERT_EQ(pthread_mutex_lock(checking), 0);
    in_virtual_time([&] {
        EXPECT_EQ(pthread_mutex_lock(recursive), 0);
        EXPECT_EQ(pthread_mutex_unlock(recursive), 0);
        EXPECT_EQ(pthread_mutex_lock(checking), EDEADLK);
    });
    EXPECT_EQ(pthread_mutex_unlock(recursive), 0);
    EXPECT_EQ(pthread_mutex_unlock(checking), 0);
}

TEST_F(pthread_mutexes, a_callback_is_refused_what_a_task_of_its_thread_holds) {
    typed_mutex m(PTHREAD_MUTEX_RECURSIVE);
    in_virtual_time([&] {
        ASSERT_EQ(pthread_mutex_lock(m), 0);
        int locked = -1;
        int tried = -1;
        int unlocked = -1;
        running_loop().call_soon([&] {
            locked = pthread_mutex_lock(m);
            tried = pthread_mutex_trylock(m);
            unlocked = pthread_mutex_unlock(m);
        });
        settle();
        EXPECT_EQ(locked, EDEADLK);
        EXPECT_EQ(tried, EBUSY);
        EXPECT_EQ(unlocked, EPERM);
        EXPECT_EQ(pthread_mutex_unlock(m), 0);
    });
}

TEST_F(pthread_mutexes, what_a_task_took_while_it_could_not_suspend_is_its_own_too) {
    typed_mutex recursive(PTHREAD_MUTEX_RECURSIVE);
    pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER;
    in_virtual_time([&] {
        {
            const posix::no_suspend blocks;
            EXPECT_EQ(pthread_mutex_lock(recursive), 0);
            EXPECT_EQ(pthread_mutex_lock(recursive), 0);
            EXPECT_EQ(pthread_rwlock_wrlock(&written), 0);
        }
        auto other = spawn([&] {
            EXPECT_EQ(pthread_mutex_trylock(recursive), EBUSY);
            {
                const posix::no_suspend blocks;
                EXPECT_EQ(pthread_mutex_lock(recursive), EDEADLK);
            }
            EXPECT_EQ(pthread_mutex_lock(recursive), 0);
            EXPECT_EQ(pthread_mutex_unlock(recursive), 0);
            EXPECT_EQ(pthread_rwlock_wrlock(&written), 0);
            EXPECT_EQ(pthread_rwlock_unlock(&written), 0);
        });
        weft::sleep_for(1s);
        EXPECT_EQ(pthread_mutex_unlock(recursive), 0);
        weft::sleep_for(1s);
        EXPECT_EQ(pthread_mutex_unlock(recursive), 0);
        EXPECT_EQ(pthread_rwlock_unlock(&written), 0);
        other.get();
    });
}

TEST_F(pthread_mutexes, a_timed_lock_gives_up_in_time) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    in_virtual_time([&] {
        pthread_mutex_lock(&m);
        spawn([&] {
            const timespec later = in(1h);
            const auto waited =
                time_of([&] { EXPECT_EQ(pthread_mutex_timedlock(&m, &later), ETIMEDOUT); });
            EXPECT_GT(waited, 59min);
            EXPECT_LE(waited, 1h);
            const timespec past{1, 0};
            EXPECT_EQ(pthread_mutex_timedlock(&m, &past), ETIMEDOUT);
            const timespec before_all{-1, 0};
            EXPECT_EQ(pthread_mutex_timedlock(&m, &before_all), ETIMEDOUT);
            const timespec wrong{1, 1'000'000'000};
            EXPECT_EQ(pthread_mutex_timedlock(&m, &wrong), EINVAL);
            const timespec monotonic = in(1h, CLOCK_MONOTONIC);
            EXPECT_EQ(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &monotonic), ETIMEDOUT);
            EXPECT_EQ(pthread_mutex_clocklock(&m, CLOCK_PROCESS_CPUTIME_ID, &later), EINVAL);
        }).get();
        pthread_mutex_unlock(&m);
        // What is free is looked at first.
        const timespec wrong{1, -1};
        EXPECT_EQ(pthread_mutex_timedlock(&m, &wrong), 0);
        pthread_mutex_unlock(&m);
    });
}

TEST_F(pthread_mutexes, a_timed_lock_gets_what_is_released_in_time) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    in_virtual_time([&] {
        pthread_mutex_lock(&m);
        auto waiter = spawn([&] {
            const timespec later = in(1h);
            EXPECT_EQ(time_of([&] { EXPECT_EQ(pthread_mutex_timedlock(&m, &later), 0); }), 1min);
            pthread_mutex_unlock(&m);
        });
        weft::sleep_for(1min);
        pthread_mutex_unlock(&m);
        waiter.get();
    });
}

TEST_F(pthread_mutexes, a_cancel_is_kept_for_the_next_wait_point_after_the_lock) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    in_virtual_time([&] {
        pthread_mutex_lock(&m);
        int locked = -1;
        auto waiter = spawn([&] {
            locked = pthread_mutex_lock(&m);
            pthread_mutex_unlock(&m);
            weft::sleep_for(1h);
        });
        settle();
        waiter.cancel();
        settle();
        EXPECT_EQ(locked, -1);
        pthread_mutex_unlock(&m);
        EXPECT_EQ(time_of([&] { EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled"); }), 0s);
        EXPECT_EQ(locked, 0);
        EXPECT_EQ(pthread_mutex_trylock(&m), 0);
        pthread_mutex_unlock(&m);
    });
}

TEST_F(pthread_mutexes, a_cancel_in_the_turn_of_the_unlock_loses_no_lock) {
    for (const bool cancel_first : {true, false}) {
        pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
        in_virtual_time([&] {
            pthread_mutex_lock(&m);
            auto waiter = spawn([&] {
                EXPECT_EQ(pthread_mutex_lock(&m), 0);
                pthread_mutex_unlock(&m);
            });
            settle();
            if (cancel_first) {
                waiter.cancel();
            }
            pthread_mutex_unlock(&m);
            if (!cancel_first) {
                waiter.cancel();
            }
            static_cast<void>(end_of([&] { waiter.get(); }));
            EXPECT_EQ(pthread_mutex_trylock(&m), 0);
            pthread_mutex_unlock(&m);
        });
    }
}

TEST_F(pthread_mutexes, one_may_be_taken_in_a_catch_block_and_while_unwinding) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    in_virtual_time([&] {
        const auto in_both = [&](int number) {
            try {
                const at_scope_end unwound([&] {
                    EXPECT_EQ(pthread_mutex_lock(&m), 0);
                    weft::sleep_for(1s);
                    EXPECT_EQ(pthread_mutex_unlock(&m), 0);
                });
                throw number;
            } catch (int caught) {
                EXPECT_EQ(pthread_mutex_lock(&m), 0);
                weft::sleep_for(1s);
                EXPECT_EQ(pthread_mutex_unlock(&m), 0);
                EXPECT_EQ(caught, number);
            }
        };
        auto a = spawn([&] { in_both(1); });
        auto b = spawn([&] { in_both(2); });
        a.get();
        b.get();
    });
}

TEST_F(pthread_mutexes, memory_that_held_one_may_become_another) {
    in_virtual_time([&] {
        alignas(pthread_mutex_t) std::array<std::byte, sizeof(pthread_mutex_t)> memory;
        auto* m = reinterpret_cast<pthread_mutex_t*>(memory.data());
        for (int round = 0; round < 3; ++round) {
            for (const int type : {PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
                                   PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ADAPTIVE_NP}) {
                pthread_mutexattr_t a;
                pthread_mutexattr_init(&a);
                pthread_mutexattr_settype(&a, type);
                // The one before is left locked, as by a program that frees its memory so.
                ASSERT_EQ(pthread_mutex_init(m, &a), 0);
                auto holder = spawn([&] {
                    EXPECT_EQ(pthread_mutex_lock(m), 0);
                    weft::sleep_for(1s);
                });
                holder.get();
            }
        }
    });
}

} // namespace
} // namespace weft::test
