// SPDX-License-Identifier: BSL-1.0
//
// Mutexes between tasks and those who are not of their thread: threads, other loops, other
// processes.
#include "tests/interpose/threads/threads_fixture.hpp"
#include "tests/interpose/threads/typed_mutex.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

class shared_pthread_mutexes : public api_test {};

TEST_F(shared_pthread_mutexes, a_task_waits_for_a_thread_and_its_loop_goes_on) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    flag held;
    flag may_release;
    std::thread holder([&] {
        pthread_mutex_lock(&m);
        held.raise();
        may_release.wait_as_thread();
        pthread_mutex_unlock(&m);
    });
    weft::run([&] {
        held.wait_as_task();
        auto waiter = spawn([&] {
            EXPECT_EQ(pthread_mutex_lock(&m), 0);
            EXPECT_TRUE(may_release.up());
            pthread_mutex_unlock(&m);
        });
        yield_times(10);
        EXPECT_FALSE(waiter.done());
        may_release.raise();
        waiter.get();
    });
    holder.join();
}

TEST_F(shared_pthread_mutexes, a_thread_waits_in_libc_for_a_task) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    std::atomic<pid_t> number = 0;
    std::atomic<bool> has_it = false;
    weft::run([&] {
        pthread_mutex_lock(&m);
        std::thread waiter([&] {
            number = ::gettid();
            pthread_mutex_lock(&m);
            has_it = true;
            pthread_mutex_unlock(&m);
        });
        while (number == 0) {
            weft::sleep_for(100us);
        }
        wait_until_asleep(number);
        EXPECT_FALSE(has_it);
        pthread_mutex_unlock(&m);
        waiter.join();
    });
    EXPECT_TRUE(has_it);
}

TEST_F(shared_pthread_mutexes, a_thread_gets_its_turn_between_tasks_that_wait_too) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    std::atomic<pid_t> number = 0;
    std::atomic<bool> has_had_it = false;
    weft::run([&] {
        pthread_mutex_lock(&m);
        std::thread waiter([&] {
            number = ::gettid();
            pthread_mutex_lock(&m);
            has_had_it = true;
            pthread_mutex_unlock(&m);
        });
        while (number == 0) {
            weft::sleep_for(100us);
        }
        wait_until_asleep(number);
        std::vector<task<void>> all;
        for (int i = 0; i < 2; ++i) {
            all.push_back(spawn([&] {
                while (!has_had_it) {
                    pthread_mutex_lock(&m);
                    weft::sleep_for(10us);
                    pthread_mutex_unlock(&m);
                }
            }));
        }
        yield_times(3);
        pthread_mutex_unlock(&m);
        for (auto& t : all) {
            t.get();
        }
        waiter.join();
    });
}

TEST_F(shared_pthread_mutexes, tasks_of_two_loops_and_threads_share_one) {
    for (const int type :
         {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK}) {
        typed_mutex m(type);
        int inside = 0;
        int count = 0;
        const auto many_times = [&](bool suspends) {
            for (int i = 0; i < 100; ++i) {
                ASSERT_EQ(pthread_mutex_lock(m), 0);
                EXPECT_EQ(++inside, 1);
                if (suspends && i % 10 == 0) {
                    weft::yield();
                }
                ++count;
                --inside;
                ASSERT_EQ(pthread_mutex_unlock(m), 0);
            }
        };
        const auto a_loop = [&] {
            weft::run([&] {
                std::vector<task<void>> all;
                for (int i = 0; i < 10; ++i) {
                    all.push_back(spawn([&] { many_times(true); }));
                }
                for (auto& t : all) {
                    t.get();
                }
            });
        };
        std::thread other_loop(a_loop);
        std::thread thread([&] { many_times(false); });
        a_loop();
        other_loop.join();
        thread.join();
        EXPECT_EQ(count, 2100);
    }
}

TEST_F(shared_pthread_mutexes, a_robust_one_whose_holder_died_is_told_to_the_waiting_task) {
    typed_mutex m([](auto& a) { pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST); });
    flag held;
    flag may_die;
    std::thread holder([&] {
        pthread_mutex_lock(m);
        held.raise();
        may_die.wait_as_thread();
    });
    weft::run([&] {
        held.wait_as_task();
        auto waiter = spawn([&] {
            EXPECT_EQ(pthread_mutex_lock(m), EOWNERDEAD);
            EXPECT_EQ(pthread_mutex_consistent(m), 0);
            EXPECT_EQ(pthread_mutex_unlock(m), 0);
        });
        yield_times(3);
        may_die.raise();
        waiter.get();
    });
    holder.join();
}

TEST_F(shared_pthread_mutexes, priorities_and_ceilings_make_no_difference_to_who_waits) {
    for (const int protocol : {PTHREAD_PRIO_INHERIT, PTHREAD_PRIO_NONE}) {
        typed_mutex m([&](auto& a) { pthread_mutexattr_setprotocol(&a, protocol); });
        in_virtual_time([&] {
            ASSERT_EQ(pthread_mutex_lock(m), 0);
            auto waiter = spawn([&] {
                EXPECT_EQ(pthread_mutex_lock(m), 0);
                EXPECT_EQ(pthread_mutex_unlock(m), 0);
            });
            weft::sleep_for(1s);
            EXPECT_FALSE(waiter.done());
            EXPECT_EQ(pthread_mutex_unlock(m), 0);
            waiter.get();
        });
    }
}

TEST_F(shared_pthread_mutexes, one_that_another_process_holds_is_waited_for) {
    void* memory = ::mmap(nullptr, sizeof(pthread_mutex_t), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* m = new (memory) pthread_mutex_t;
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(m, &a);
    int held[2];
    int may_release[2];
    ASSERT_EQ(::pipe(held) + ::pipe(may_release), 0);
    char byte = 0;
    const pid_t child = ::fork();
    if (child == 0) {
        pthread_mutex_lock(m);
        static_cast<void>(::write(held[1], &byte, 1));
        static_cast<void>(::read(may_release[0], &byte, 1));
        pthread_mutex_unlock(m);
        ::_exit(0);
    }
    ASSERT_EQ(::read(held[0], &byte, 1), 1);
    weft::run([&] {
        auto waiter = spawn([&] {
            EXPECT_EQ(pthread_mutex_lock(m), 0);
            EXPECT_EQ(pthread_mutex_unlock(m), 0);
        });
        yield_times(3);
        EXPECT_FALSE(waiter.done());
        EXPECT_EQ(::write(may_release[1], &byte, 1), 1);
        waiter.get();
    });
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    for (const int fd : {held[0], held[1], may_release[0], may_release[1]}) {
        ::close(fd);
    }
    ::munmap(memory, sizeof(pthread_mutex_t));
}

TEST_F(shared_pthread_mutexes, the_child_of_a_fork_locks_as_a_program_without_tasks) {
    pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t free = PTHREAD_MUTEX_INITIALIZER;
    typed_mutex recursive(PTHREAD_MUTEX_RECURSIVE);
    weft::run([&] {
        auto holder = spawn({.eager = true}, [&] {
            pthread_mutex_lock(&held);
            pthread_mutex_lock(recursive);
            weft::sleep_for(1ms);
            pthread_mutex_unlock(recursive);
            pthread_mutex_unlock(&held);
        });
        auto waiter = spawn({.eager = true}, [&] {
            pthread_mutex_lock(&held);
            pthread_mutex_unlock(&held);
        });
        const pid_t child = ::fork();
        if (child == 0) {
            int wrong = pthread_mutex_lock(&free);
            wrong += pthread_mutex_unlock(&free);
            wrong += pthread_mutex_trylock(&held) == EBUSY ? 0 : 1;
            wrong += pthread_mutex_unlock(&held); // as a handler of fork would
            wrong += pthread_mutex_lock(&held);
            wrong += pthread_mutex_trylock(recursive) == EBUSY ? 0 : 1;
            ::_exit(wrong);
        }
        int status = -1;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        holder.get();
        waiter.get();
    });
}

// The thread blocks, so no other task runs until another thread has released the mutex.
void expect_the_thread_to_block() {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    flag held;
    const pid_t loop_thread = ::gettid();
    std::thread holder([&] {
        pthread_mutex_lock(&m);
        held.raise();
        wait_until_asleep(loop_thread);
        pthread_mutex_unlock(&m);
    });
    held.wait_as_thread();
    bool other_ran = false;
    auto other = spawn([&] { other_ran = true; });
    EXPECT_EQ(pthread_mutex_lock(&m), 0);
    EXPECT_FALSE(other_ran);
    pthread_mutex_unlock(&m);
    holder.join();
    EXPECT_FALSE(other_ran);
    other.detach();
}

TEST_F(shared_pthread_mutexes, in_a_scope_that_does_not_suspend_the_thread_blocks) {
    weft::run([&] {
        const posix::no_suspend blocks;
        expect_the_thread_to_block();
    });
}

TEST_F(shared_pthread_mutexes, where_thread_calls_are_told_not_to_suspend_the_thread_blocks) {
    weft::run([&] {
        posix::suspend_in_thread_calls(false);
        const at_scope_end back([] { posix::suspend_in_thread_calls(true); });
        expect_the_thread_to_block();
    });
}

} // namespace
} // namespace weft::test
