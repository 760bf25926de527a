// SPDX-License-Identifier: BSL-1.0
//
// Random steps of tasks and threads on a few mutexes, read-write locks and semaphores of every
// kind, checked against a model of who has what.
#include "tests/interpose/threads/threads_fixture.hpp"
#include "tests/support/random_seed.hpp"

#include <random>

#include <semaphore.h>

namespace weft::test {
namespace {

// Who has it, as everybody else may see it: more than one only where that is allowed.
class occupancy {
  public:
    void enter_alone() {
        EXPECT_EQ(readers_.load(), 0);
        EXPECT_EQ(++writers_, 1);
    }
    void leave_alone() { EXPECT_EQ(--writers_, 0); }
    void enter_shared() {
        ++readers_;
        EXPECT_EQ(writers_.load(), 0);
    }
    void leave_shared() { EXPECT_GE(--readers_, 0); }
    void enter_with(int permits) { EXPECT_LE(++readers_, permits); }
    bool empty() const { return readers_ == 0 && writers_ == 0; }

  private:
    std::atomic<int> writers_ = 0;
    std::atomic<int> readers_ = 0;
};

constexpr int permits = 2;

struct things {
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
        occupancy who;
    } mutexes[4];
    struct {
        pthread_rwlock_t lock;
        occupancy who;
    } rwlocks[3];
    struct {
        sem_t count;
        occupancy who;
    } semaphores[2];

    things() {
        const int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
                             PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ADAPTIVE_NP};
        for (int i = 0; i < 4; ++i) {
            pthread_mutexattr_t a;
            pthread_mutexattr_init(&a);
            pthread_mutexattr_settype(&a, types[i]);
            pthread_mutex_init(&mutexes[i].lock, &a);
        }
        const int kinds[] = {PTHREAD_RWLOCK_PREFER_READER_NP, PTHREAD_RWLOCK_PREFER_WRITER_NP,
                             PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP};
        for (int i = 0; i < 3; ++i) {
            pthread_rwlockattr_t a;
            pthread_rwlockattr_init(&a);
            pthread_rwlockattr_setkind_np(&a, kinds[i]);
            pthread_rwlock_init(&rwlocks[i].lock, &a);
        }
        for (auto& s : semaphores) {
            sem_init(&s.count, 0, permits);
        }
    }

    ~things() {
        for (auto& m : mutexes) {
            EXPECT_TRUE(m.who.empty());
            EXPECT_EQ(pthread_mutex_destroy(&m.lock), 0);
            EXPECT_EQ(pthread_cond_destroy(&m.changed), 0);
        }
        for (auto& l : rwlocks) {
            EXPECT_TRUE(l.who.empty());
            EXPECT_EQ(pthread_rwlock_trywrlock(&l.lock), 0);
            EXPECT_EQ(pthread_rwlock_unlock(&l.lock), 0);
            EXPECT_EQ(pthread_rwlock_destroy(&l.lock), 0);
        }
        for (auto& s : semaphores) {
            int value = 0;
            sem_getvalue(&s.count, &value);
            EXPECT_EQ(value, permits);
            EXPECT_EQ(sem_destroy(&s.count), 0);
        }
    }
    things(const things&) = delete;
    things& operator=(const things&) = delete;
};

class actor {
  public:
    actor(things& all, unsigned seed) : all_(all), random_(seed) {}

    void take_steps(int count) {
        for (int i = 0; i < count; ++i) {
            switch (below(8)) {
            case 0:
            case 1:
            case 2:
                lock_mutex(all_.mutexes[below(4)]);
                break;
            case 3:
                read(all_.rwlocks[below(3)]);
                break;
            case 4:
                write(all_.rwlocks[below(3)]);
                break;
            case 5:
                take_permit(all_.semaphores[below(2)]);
                break;
            case 6:
                all_nested();
                break;
            default:
                dawdle();
            }
        }
    }

  private:
    std::size_t below(std::size_t n) { return random_() % n; }

    timespec soon() { return in(std::chrono::microseconds(below(300))); }

    void dawdle() {
        switch (below(6)) {
        case 0:
            std::this_thread::yield();
            break;
        case 1:
            if (detail::may_suspend()) {
                weft::sleep_for(std::chrono::microseconds(below(100)));
            }
            break;
        case 2:
            if (detail::may_suspend()) {
                weft::yield();
            }
            break;
        default:
            break;
        }
    }

    template <class Guarded>
    void lock_mutex(Guarded& g) {
        int locked = 0;
        switch (below(3)) {
        case 0:
            locked = pthread_mutex_trylock(&g.lock);
            break;
        case 1: {
            const timespec limit = soon();
            locked = pthread_mutex_timedlock(&g.lock, &limit);
            break;
        }
        default:
            locked = pthread_mutex_lock(&g.lock);
        }
        if (locked != 0) {
            EXPECT_TRUE(locked == EBUSY || locked == ETIMEDOUT) << locked;
            return;
        }
        g.who.enter_alone();
        dawdle();
        if (below(3) == 0) {
            g.who.leave_alone();
            const timespec limit = soon();
            const int waited = pthread_cond_timedwait(&g.changed, &g.lock, &limit);
            EXPECT_TRUE(waited == 0 || waited == ETIMEDOUT) << waited;
            g.who.enter_alone();
        }
        below(2) == 0 ? pthread_cond_signal(&g.changed) : pthread_cond_broadcast(&g.changed);
        g.who.leave_alone();
        EXPECT_EQ(pthread_mutex_unlock(&g.lock), 0);
    }

    template <class Guarded>
    void read(Guarded& g) {
        const timespec limit = soon();
        const int locked = below(2) == 0 ? pthread_rwlock_rdlock(&g.lock)
                                         : pthread_rwlock_timedrdlock(&g.lock, &limit);
        if (locked == 0) {
            g.who.enter_shared();
            dawdle();
            g.who.leave_shared();
            EXPECT_EQ(pthread_rwlock_unlock(&g.lock), 0);
        } else {
            EXPECT_EQ(locked, ETIMEDOUT);
        }
    }

    template <class Guarded>
    void write(Guarded& g) {
        const timespec limit = soon();
        const int locked = below(2) == 0 ? pthread_rwlock_wrlock(&g.lock)
                                         : pthread_rwlock_timedwrlock(&g.lock, &limit);
        if (locked == 0) {
            g.who.enter_alone();
            dawdle();
            g.who.leave_alone();
            EXPECT_EQ(pthread_rwlock_unlock(&g.lock), 0);
        } else {
            EXPECT_EQ(locked, ETIMEDOUT);
        }
    }

    template <class Guarded>
    void take_permit(Guarded& g) {
        const timespec limit = soon();
        if ((below(2) == 0 ? sem_wait(&g.count) : sem_timedwait(&g.count, &limit)) == 0) {
            g.who.enter_with(permits);
            dawdle();
            g.who.leave_shared();
            EXPECT_EQ(sem_post(&g.count), 0);
        } else {
            EXPECT_EQ(errno, ETIMEDOUT);
        }
    }

    // In the order of their places, so that nobody waits for each other.
    void all_nested() {
        std::size_t taken = 0;
        for (auto& g : all_.mutexes) {
            EXPECT_EQ(pthread_mutex_lock(&g.lock), 0);
            g.who.enter_alone();
            ++taken;
            if (below(2) == 0) {
                break;
            }
        }
        dawdle();
        while (taken-- > 0) {
            all_.mutexes[taken].who.leave_alone();
            EXPECT_EQ(pthread_mutex_unlock(&all_.mutexes[taken].lock), 0);
        }
    }

    things& all_;
    std::mt19937 random_;
};

class random_steps : public api_test {};

TEST_F(random_steps, of_tasks_of_two_loops_and_of_threads_agree_with_the_model) {
    const unsigned seed = random_seed();
    SCOPED_TRACE(seed_note(seed));
    things all;
    constexpr int steps = 550; // of each of 19
    const auto a_loop = [&](unsigned first) {
        weft::run([&] {
            std::vector<task<void>> tasks;
            for (unsigned i = 0; i < 8; ++i) {
                tasks.push_back(spawn([&, i] { actor(all, first + i).take_steps(steps); }));
            }
            for (auto& t : tasks) {
                t.get();
            }
        });
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] { actor(all, seed * 100 + 50 + i).take_steps(steps); });
    }
    threads.emplace_back([&] { a_loop(seed * 100 + 20); });
    a_loop(seed * 100);
    for (auto& t : threads) {
        t.join();
    }
}

} // namespace
} // namespace weft::test
