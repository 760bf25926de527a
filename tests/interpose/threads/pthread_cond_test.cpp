// SPDX-License-Identifier: BSL-1.0
//
// Condition variables between the tasks of one thread.
#include "tests/interpose/threads/cond_fixture.hpp"

#include <memory>

namespace weft::test {
namespace {

class pthread_conds_in_order : public pthread_conds {
    const unshuffled order_;
};

TEST_F(pthread_conds, a_wait_releases_the_mutex_and_suspends) {
    in_virtual_time([&] {
        int value = 0;
        auto waiter = spawn([&] { EXPECT_EQ(time_of([&] { wait_for(value); }), 1h); });
        weft::yield();
        weft::sleep_for(1h);
        set(value);
        waiter.get();
    });
}

TEST_F(pthread_conds, a_signal_without_the_mutex_held_wakes_too) {
    in_virtual_time([&] {
        bool woken = false;
        auto waiter = spawn([&] {
            pthread_mutex_lock(&mutex_);
            EXPECT_EQ(pthread_cond_wait(&cond_, &mutex_), 0);
            woken = true;
            EXPECT_EQ(pthread_mutex_trylock(&mutex_), EBUSY);
            pthread_mutex_unlock(&mutex_);
        });
        settle();
        EXPECT_EQ(pthread_cond_signal(&cond_), 0);
        waiter.get();
        EXPECT_TRUE(woken);
    });
}

TEST_F(pthread_conds_in_order, a_signal_wakes_the_longest_waiting_task_and_a_broadcast_all) {
    in_virtual_time([&] {
        diary d;
        std::vector<task<void>> all;
        for (const char* name : {"a", "b", "c"}) {
            all.push_back(spawn([&, name] {
                pthread_mutex_lock(&mutex_);
                pthread_cond_wait(&cond_, &mutex_);
                d.note(name);
                pthread_mutex_unlock(&mutex_);
            }));
        }
        settle();
        pthread_cond_signal(&cond_);
        settle();
        EXPECT_EQ(d.text(), "a");
        pthread_cond_broadcast(&cond_);
        settle();
        EXPECT_EQ(d.text(), "a b c");
        for (auto& t : all) {
            t.get();
        }
    });
}

TEST_F(pthread_conds, a_signal_with_nobody_waiting_is_not_kept) {
    in_virtual_time([&] {
        pthread_cond_signal(&cond_);
        pthread_cond_broadcast(&cond_);
        pthread_mutex_lock(&mutex_);
        const timespec later = in(1h);
        EXPECT_EQ(pthread_cond_timedwait(&cond_, &mutex_, &later), ETIMEDOUT);
        pthread_mutex_unlock(&mutex_);
    });
}

TEST_F(pthread_conds, a_timed_wait_ends_by_the_clock_of_the_condition) {
    for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC}) {
        pthread_condattr_t a;
        pthread_condattr_init(&a);
        ASSERT_EQ(pthread_condattr_setclock(&a, clock), 0);
        pthread_cond_t c;
        ASSERT_EQ(pthread_cond_init(&c, &a), 0);
        in_virtual_time([&] {
            pthread_mutex_lock(&mutex_);
            const timespec later = in(1h, clock);
            const auto waited =
                time_of([&] { EXPECT_EQ(pthread_cond_timedwait(&c, &mutex_, &later), ETIMEDOUT); });
            EXPECT_GT(waited, 59min);
            EXPECT_LE(waited, 1h);
            // It holds the mutex again.
            EXPECT_EQ(pthread_mutex_trylock(&mutex_), EBUSY);
            pthread_mutex_unlock(&mutex_);
        });
        EXPECT_EQ(pthread_cond_destroy(&c), 0);
    }
}

TEST_F(pthread_conds, a_clock_wait_ends_by_its_own_clock) {
    in_virtual_time([&] {
        pthread_mutex_lock(&mutex_);
        for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC}) {
            const timespec later = in(1h, clock);
            const auto waited = time_of([&] {
                EXPECT_EQ(pthread_cond_clockwait(&cond_, &mutex_, clock, &later), ETIMEDOUT);
            });
            EXPECT_GT(waited, 59min);
            EXPECT_LE(waited, 1h);
        }
        const timespec later = in(1h);
        EXPECT_EQ(pthread_cond_clockwait(&cond_, &mutex_, CLOCK_PROCESS_CPUTIME_ID, &later),
                  EINVAL);
        pthread_mutex_unlock(&mutex_);
    });
}

TEST_F(pthread_conds, times_that_have_passed_and_times_that_make_no_sense) {
    in_virtual_time([&] {
        pthread_mutex_lock(&mutex_);
        const timespec past{1, 0};
        EXPECT_EQ(pthread_cond_timedwait(&cond_, &mutex_, &past), ETIMEDOUT);
        const timespec before_all{-5, 0};
        EXPECT_EQ(pthread_cond_timedwait(&cond_, &mutex_, &before_all), ETIMEDOUT);
        for (const long wrong : {-1L, 1'000'000'000L}) {
            const timespec t{1, wrong};
            EXPECT_EQ(pthread_cond_timedwait(&cond_, &mutex_, &t), EINVAL);
            EXPECT_EQ(pthread_cond_clockwait(&cond_, &mutex_, CLOCK_MONOTONIC, &t), EINVAL);
        }
        EXPECT_EQ(pthread_mutex_trylock(&mutex_), EBUSY);
        pthread_mutex_unlock(&mutex_);
    });
}

TEST_F(pthread_conds, a_timed_wait_that_is_signalled_in_time_is_no_time_out) {
    in_virtual_time([&] {
        auto waiter = spawn([&] {
            pthread_mutex_lock(&mutex_);
            const timespec later = in(1h);
            EXPECT_EQ(pthread_cond_timedwait(&cond_, &mutex_, &later), 0);
            pthread_mutex_unlock(&mutex_);
        });
        weft::sleep_for(1min);
        pthread_cond_signal(&cond_);
        waiter.get();
    });
}

TEST_F(pthread_conds_in_order, the_mutex_is_waited_for_after_the_signal_and_after_the_time) {
    in_virtual_time([&] {
        auto signalled = spawn([&] {
            pthread_mutex_lock(&mutex_);
            EXPECT_EQ(time_of([&] { EXPECT_EQ(pthread_cond_wait(&cond_, &mutex_), 0); }), 2h);
            pthread_mutex_unlock(&mutex_);
        });
        auto timed = spawn([&] {
            pthread_mutex_lock(&mutex_);
            const timespec later = in(90min);
            EXPECT_EQ(time_of([&] {
                          EXPECT_EQ(pthread_cond_timedwait(&cond_, &mutex_, &later), ETIMEDOUT);
                      }),
                      2h);
            pthread_mutex_unlock(&mutex_);
        });
        settle();
        weft::sleep_for(1h - 1ns);
        pthread_mutex_lock(&mutex_);
        pthread_cond_signal(&cond_);
        weft::sleep_for(1h);
        pthread_mutex_unlock(&mutex_);
        if (!signalled.done()) {
            pthread_cond_broadcast(&cond_);
        }
        signalled.get();
        timed.get();
    });
}

TEST_F(pthread_conds, a_mutex_of_somebody_else_is_refused) {
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t m;
    pthread_mutex_init(&m, &a);
    in_virtual_time([&] {
        EXPECT_EQ(pthread_cond_wait(&cond_, &m), EPERM);
        pthread_mutex_lock(&m);
        spawn([&] { EXPECT_EQ(pthread_cond_wait(&cond_, &m), EPERM); }).get();
        pthread_mutex_unlock(&m);
    });
    EXPECT_EQ(pthread_mutex_destroy(&m), 0);
}

TEST_F(pthread_conds, a_recursive_mutex_is_given_back_to_the_task_that_waited) {
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_t m;
    pthread_mutex_init(&m, &a);
    in_virtual_time([&] {
        auto waiter = spawn([&] {
            pthread_mutex_lock(&m);
            EXPECT_EQ(pthread_cond_wait(&cond_, &m), 0);
            EXPECT_EQ(pthread_mutex_lock(&m), 0);
            weft::sleep_for(1s);
            EXPECT_EQ(pthread_mutex_unlock(&m), 0);
            EXPECT_EQ(pthread_mutex_unlock(&m), 0);
            EXPECT_EQ(pthread_mutex_unlock(&m), EPERM);
        });
        settle();
        EXPECT_EQ(pthread_mutex_lock(&m), 0);
        pthread_cond_signal(&cond_);
        EXPECT_EQ(pthread_mutex_unlock(&m), 0);
        settle();
        EXPECT_EQ(pthread_mutex_trylock(&m), EBUSY);
        waiter.get();
    });
    EXPECT_EQ(pthread_mutex_destroy(&m), 0);
}

TEST_F(pthread_conds, a_cancel_does_not_end_the_wait_and_is_kept) {
    in_virtual_time([&] {
        int value = 0;
        bool came_back = false;
        auto waiter = spawn([&] {
            wait_for(value);
            came_back = true;
            weft::sleep_for(1h);
        });
        settle();
        waiter.cancel();
        settle();
        EXPECT_FALSE(came_back);
        set(value);
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled");
        EXPECT_TRUE(came_back);
    });
}

TEST_F(pthread_conds, who_is_woken_may_destroy_it_at_once) {
    in_virtual_time([&] {
        for (int round = 0; round < 10; ++round) {
            auto c = std::make_unique<pthread_cond_t>();
            pthread_cond_init(c.get(), nullptr);
            bool go = false;
            auto waiter = spawn([&] {
                pthread_mutex_lock(&mutex_);
                while (!go) {
                    pthread_cond_wait(c.get(), &mutex_);
                }
                pthread_mutex_unlock(&mutex_);
                EXPECT_EQ(pthread_cond_destroy(c.get()), 0);
                c.reset();
            });
            settle();
            pthread_mutex_lock(&mutex_);
            go = true;
            pthread_cond_signal(c.get());
            pthread_mutex_unlock(&mutex_);
            waiter.get();
        }
    });
}

TEST_F(pthread_conds, one_is_destroyed_after_a_broadcast_though_the_tasks_have_not_run_yet) {
    in_virtual_time([&] {
        pthread_cond_t c = PTHREAD_COND_INITIALIZER;
        std::vector<task<void>> all;
        for (int i = 0; i < 5; ++i) {
            all.push_back(spawn([&] {
                pthread_mutex_lock(&mutex_);
                pthread_cond_wait(&c, &mutex_);
                pthread_mutex_unlock(&mutex_);
            }));
        }
        settle();
        pthread_mutex_lock(&mutex_);
        pthread_cond_broadcast(&c);
        EXPECT_EQ(pthread_cond_destroy(&c), 0);
        pthread_mutex_unlock(&mutex_);
        for (auto& t : all) {
            t.get();
        }
    });
}

} // namespace
} // namespace weft::test
