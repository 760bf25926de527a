// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"

#include <csignal>

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

class semaphores : public api_test {
  protected:
    void SetUp() override {
        api_test::SetUp();
        ASSERT_EQ(sem_init(&s_, 0, 0), 0);
    }
    void TearDown() override {
        EXPECT_EQ(sem_destroy(&s_), 0);
        api_test::TearDown();
    }

    int value() {
        int v = -1;
        sem_getvalue(&s_, &v);
        return v;
    }

    sem_t s_;
};

class semaphores_in_order : public semaphores {
    const unshuffled order_;
};

TEST_F(semaphores, a_wait_for_none_suspends_until_a_post) {
    in_virtual_time([&] {
        auto waiter = spawn([&] { EXPECT_EQ(sem_wait(&s_), 0); });
        weft::sleep_for(1h);
        EXPECT_FALSE(waiter.done());
        EXPECT_EQ(sem_post(&s_), 0);
        waiter.get();
        EXPECT_EQ(value(), 0);
        EXPECT_EQ(sem_trywait(&s_), -1);
        EXPECT_EQ(errno, EAGAIN);
    });
}

TEST_F(semaphores, posts_with_nobody_waiting_are_kept) {
    in_virtual_time([&] {
        sem_post(&s_);
        sem_post(&s_);
        EXPECT_EQ(value(), 2);
        EXPECT_EQ(sem_wait(&s_), 0);
        EXPECT_EQ(sem_wait(&s_), 0);
    });
}

TEST_F(semaphores_in_order, tasks_get_permits_in_the_order_of_their_coming) {
    diary d;
    in_virtual_time([&] {
        std::vector<task<void>> all;
        for (const char* name : {"a", "b", "c"}) {
            all.push_back(spawn([&, name] {
                sem_wait(&s_);
                d.note(name);
            }));
        }
        settle();
        for (int i = 0; i < 3; ++i) {
            sem_post(&s_);
            settle();
        }
        for (auto& t : all) {
            t.get();
        }
    });
    EXPECT_EQ(d.text(), "a b c");
}

TEST_F(semaphores, who_posts_and_waits_at_once_lets_the_others_in) {
    in_virtual_time([&] {
        sem_post(&s_);
        bool other_had_it = false;
        auto other = spawn([&] {
            sem_wait(&s_);
            other_had_it = true;
            sem_post(&s_);
        });
        for (int i = 0; i < 4; ++i) {
            sem_wait(&s_);
            weft::sleep_for(1s);
            sem_post(&s_);
        }
        EXPECT_TRUE(other_had_it);
        other.get();
    });
}

TEST_F(semaphores, timed_waits_give_up_in_time) {
    in_virtual_time([&] {
        const timespec later = in(1h);
        errno = 0;
        EXPECT_GT(time_of([&] { EXPECT_EQ(sem_timedwait(&s_, &later), -1); }), 59min);
        EXPECT_EQ(errno, ETIMEDOUT);
        const timespec monotonic = in(1h, CLOCK_MONOTONIC);
        EXPECT_EQ(sem_clockwait(&s_, CLOCK_MONOTONIC, &monotonic), -1);
        EXPECT_EQ(errno, ETIMEDOUT);
        const timespec past{1, 0};
        EXPECT_EQ(sem_timedwait(&s_, &past), -1);
        EXPECT_EQ(errno, ETIMEDOUT);
        const timespec wrong{1, -1};
        EXPECT_EQ(sem_timedwait(&s_, &wrong), -1);
        EXPECT_EQ(errno, EINVAL);
        EXPECT_EQ(sem_clockwait(&s_, CLOCK_PROCESS_CPUTIME_ID, &later), -1);
        EXPECT_EQ(errno, EINVAL);
        sem_post(&s_);
        EXPECT_EQ(sem_timedwait(&s_, &past), 0);
    });
}

TEST_F(semaphores, a_cancel_ends_the_wait_and_stays_pending) {
    in_virtual_time([&] {
        auto waiter = spawn([&] {
            for (int i = 0; i < 2; ++i) {
                errno = 0;
                EXPECT_EQ(sem_wait(&s_), -1);
                EXPECT_EQ(errno, ECANCELED);
            }
            weft::sleep_for(1h);
        });
        settle();
        waiter.cancel();
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled");
        sem_post(&s_);
        EXPECT_EQ(value(), 1) << "the wait has left nothing behind";
        EXPECT_EQ(sem_wait(&s_), 0);
    });
}

TEST_F(semaphores, a_cancel_in_the_turn_of_the_post_loses_no_permit) {
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([&] {
            int result = -2;
            auto waiter = spawn([&] { result = sem_wait(&s_); });
            settle();
            if (cancel_first) {
                waiter.cancel();
            }
            sem_post(&s_);
            if (!cancel_first) {
                waiter.cancel();
            }
            static_cast<void>(end_of([&] { waiter.get(); }));
            EXPECT_EQ(value(), result == 0 ? 0 : 1);
            sem_trywait(&s_);
        });
    }
}

TEST_F(semaphores, a_thread_posts_to_a_task_and_a_task_to_a_thread) {
    sem_t to_thread;
    sem_init(&to_thread, 0, 0);
    std::thread thread([&] {
        for (int i = 0; i < 100; ++i) {
            sem_wait(&to_thread);
            sem_post(&s_);
        }
    });
    weft::run([&] {
        for (int i = 0; i < 100; ++i) {
            sem_post(&to_thread);
            EXPECT_EQ(sem_wait(&s_), 0);
        }
    });
    thread.join();
    sem_destroy(&to_thread);
}

sem_t* posted_by_handler;

TEST_F(semaphores, a_signal_handler_posts) {
    posted_by_handler = &s_;
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = [](int) { sem_post(posted_by_handler); };
    ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
    weft::run([&] {
        auto waiter = spawn([&] { EXPECT_EQ(sem_wait(&s_), 0); });
        yield_times(3);
        ::raise(SIGUSR1);
        waiter.get();
    });
    ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(semaphores, one_of_several_processes_is_waited_for) {
    void* memory =
        ::mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* shared = static_cast<sem_t*>(memory);
    ASSERT_EQ(sem_init(shared, 1, 0), 0);
    int go[2];
    ASSERT_EQ(::pipe(go), 0);
    char byte = 0;
    const pid_t child = ::fork();
    if (child == 0) {
        static_cast<void>(::read(go[0], &byte, 1));
        sem_post(shared);
        ::_exit(0);
    }
    weft::run([&] {
        auto waiter = spawn([&] { EXPECT_EQ(sem_wait(shared), 0); });
        yield_times(3);
        EXPECT_FALSE(waiter.done());
        EXPECT_EQ(::write(go[1], &byte, 1), 1);
        waiter.get();
    });
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(go[0]);
    ::close(go[1]);
    ::munmap(memory, sizeof(sem_t));
}

class semaphore_permits : public with_actors {};

TEST_P(semaphore_permits, are_never_more_than_there_are) {
    sem_t s;
    sem_init(&s, 0, 3);
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    const auto part = [&] {
        for (int i = 0; i < 100; ++i) {
            ASSERT_EQ(sem_wait(&s), 0);
            const int now = ++inside;
            EXPECT_LE(now, 3);
            most = std::max(most.load(), now);
            if (weft::detail::may_suspend() && i % 10 == 0) {
                weft::yield();
            }
            --inside;
            sem_post(&s);
        }
    };
    act(GetParam(), {part, part, part, part, part, part, part, part});
    int value = 0;
    sem_getvalue(&s, &value);
    EXPECT_EQ(value, 3);
    sem_destroy(&s);
}

WEFT_WITH_ALL_ACTORS(semaphore_permits);

} // namespace
} // namespace weft::test
