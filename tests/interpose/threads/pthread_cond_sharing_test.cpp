// SPDX-License-Identifier: BSL-1.0
//
// Condition variables between tasks and those who are not of their thread.
#include "tests/interpose/threads/cond_fixture.hpp"

#include <utility>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {
namespace {

class shared_pthread_conds : public pthread_conds {};

TEST_F(shared_pthread_conds, a_thread_signals_a_task_and_a_task_a_thread) {
    int to_task = 0;
    int to_thread = 0;
    std::thread thread([&] {
        wait_for(to_thread);
        set(to_task);
    });
    weft::run([&] {
        set(to_thread);
        pthread_cond_broadcast(&cond_);
        wait_for(to_task);
    });
    thread.join();
}

TEST_F(shared_pthread_conds, a_task_gets_the_mutex_that_a_thread_releases_by_waiting_in_libc) {
    pthread_cond_t of_thread = PTHREAD_COND_INITIALIZER;
    flag held;
    flag may_wait;
    bool go = false;
    std::thread thread([&] {
        pthread_mutex_lock(&mutex_);
        held.raise();
        may_wait.wait_as_thread();
        while (!go) {
            pthread_cond_wait(&of_thread, &mutex_);
        }
        pthread_mutex_unlock(&mutex_);
    });
    weft::run([&] {
        held.wait_as_task();
        auto waiter = spawn([&] {
            EXPECT_EQ(pthread_mutex_lock(&mutex_), 0);
            go = true;
            EXPECT_EQ(pthread_cond_signal(&of_thread), 0);
            EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
        });
        yield_times(3);
        may_wait.raise();
        waiter.get();
    });
    thread.join();
}

TEST_F(shared_pthread_conds, one_that_another_process_signals_is_waited_for) {
    struct shared {
        pthread_mutex_t m;
        pthread_cond_t c;
        int value = 0;
    };
    void* memory =
        ::mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* s = new (memory) shared;
    pthread_mutexattr_t ma;
    pthread_mutexattr_init(&ma);
    pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&s->m, &ma);
    pthread_condattr_t ca;
    pthread_condattr_init(&ca);
    pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&s->c, &ca);
    int go[2];
    ASSERT_EQ(::pipe(go), 0);
    char byte = 0;
    const pid_t child = ::fork();
    if (child == 0) {
        static_cast<void>(::read(go[0], &byte, 1));
        pthread_mutex_lock(&s->m);
        s->value = 1;
        pthread_cond_signal(&s->c);
        pthread_mutex_unlock(&s->m);
        ::_exit(0);
    }
    weft::run([&] {
        auto waiter = spawn([&] {
            pthread_mutex_lock(&s->m);
            const timespec later = in(1h);
            while (s->value == 0) {
                EXPECT_EQ(pthread_cond_timedwait(&s->c, &s->m, &later), 0);
            }
            pthread_mutex_unlock(&s->m);
        });
        yield_times(3);
        EXPECT_EQ(::write(go[1], &byte, 1), 1);
        waiter.get();
    });
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(go[0]);
    ::close(go[1]);
    ::munmap(memory, sizeof(shared));
}

// A buffer of one element between producers and consumers of every kind.
class pthread_cond_buffer : public with_actors {};

TEST_P(pthread_cond_buffer, every_item_arrives_once) {
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
    pthread_cond_t emptied = PTHREAD_COND_INITIALIZER;
    constexpr int items = 300;
    int slot = -1;
    std::vector<int> seen(2 * items);
    const auto produce = [&](int first) {
        for (int i = first; i < first + items; ++i) {
            pthread_mutex_lock(&m);
            while (slot >= 0) {
                pthread_cond_wait(&emptied, &m);
            }
            slot = i;
            pthread_cond_signal(&filled);
            pthread_mutex_unlock(&m);
        }
    };
    const auto consume = [&] {
        for (int i = 0; i < items; ++i) {
            pthread_mutex_lock(&m);
            while (slot < 0) {
                pthread_cond_wait(&filled, &m);
            }
            ++seen[static_cast<std::size_t>(std::exchange(slot, -1))];
            pthread_cond_signal(&emptied);
            pthread_mutex_unlock(&m);
        }
    };
    act(GetParam(), {[&] { produce(0); }, [&] { produce(items); }, consume, consume});
    EXPECT_EQ(seen, std::vector<int>(2 * items, 1));
}

WEFT_WITH_ALL_ACTORS(pthread_cond_buffer);

} // namespace
} // namespace weft::test
