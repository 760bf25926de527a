// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"

#include <algorithm>
#include <array>

namespace weft::test {
namespace {

class pthread_rwlocks : public api_test {
  protected:
    pthread_rwlock_t lock_ = PTHREAD_RWLOCK_INITIALIZER;
};

TEST_F(pthread_rwlocks, readers_share_it_and_a_writer_waits_for_them) {
    in_virtual_time([&] {
        std::vector<task<void>> all;
        for (int i = 0; i < 3; ++i) {
            all.push_back(spawn([&] {
                EXPECT_EQ(time_of([&] { EXPECT_EQ(pthread_rwlock_rdlock(&lock_), 0); }), 0s);
                weft::sleep_for(1h);
                EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
            }));
        }
        settle();
        EXPECT_EQ(pthread_rwlock_trywrlock(&lock_), EBUSY);
        EXPECT_EQ(pthread_rwlock_tryrdlock(&lock_), 0);
        EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
        EXPECT_EQ(time_of([&] { EXPECT_EQ(pthread_rwlock_wrlock(&lock_), 0); }), 1h - 1ns);
        EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
        for (auto& t : all) {
            t.get();
        }
    });
}

TEST_F(pthread_rwlocks, readers_and_writers_wait_for_a_writer) {
    in_virtual_time([&] {
        ASSERT_EQ(pthread_rwlock_wrlock(&lock_), 0);
        int readers = 0;
        int most = 0;
        std::vector<task<void>> all;
        for (int i = 0; i < 3; ++i) {
            all.push_back(spawn([&] {
                EXPECT_EQ(pthread_rwlock_tryrdlock(&lock_), EBUSY);
                EXPECT_EQ(pthread_rwlock_rdlock(&lock_), 0);
                most = std::max(most, ++readers);
                weft::sleep_for(1s);
                --readers;
                EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
            }));
        }
        all.push_back(spawn([&] {
            EXPECT_EQ(pthread_rwlock_wrlock(&lock_), 0);
            EXPECT_EQ(readers, 0);
            EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
        }));
        weft::sleep_for(1h);
        EXPECT_EQ(most, 0);
        EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
        for (auto& t : all) {
            t.get();
        }
        EXPECT_GE(most, 2);
    });
}

TEST_F(pthread_rwlocks, a_writer_that_would_wait_for_itself_is_told_and_another_task_waits) {
    in_virtual_time([&] {
        ASSERT_EQ(pthread_rwlock_wrlock(&lock_), 0);
        EXPECT_EQ(pthread_rwlock_wrlock(&lock_), EDEADLK);
        EXPECT_EQ(pthread_rwlock_rdlock(&lock_), EDEADLK);
        EXPECT_EQ(pthread_rwlock_trywrlock(&lock_), EBUSY);
        EXPECT_EQ(pthread_rwlock_tryrdlock(&lock_), EBUSY);
        auto other = spawn([&] {
            EXPECT_EQ(pthread_rwlock_unlock(&lock_), EPERM);
            EXPECT_EQ(pthread_rwlock_wrlock(&lock_), 0);
            EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
        });
        weft::sleep_for(1s);
        EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
        other.get();
    });
}

TEST_F(pthread_rwlocks, a_writer_that_locks_again_at_once_lets_the_others_in) {
    in_virtual_time([&] {
        std::array<int, 3> turns{};
        std::vector<task<void>> all;
        for (int& mine : turns) {
            all.push_back(spawn([&] {
                for (int i = 0; i < 20; ++i) {
                    pthread_rwlock_wrlock(&lock_);
                    ++mine;
                    const auto [fewest, most] = std::minmax_element(turns.begin(), turns.end());
                    EXPECT_LE(*most - *fewest, 4);
                    weft::sleep_for(1s);
                    pthread_rwlock_unlock(&lock_);
                }
            }));
        }
        settle();
        EXPECT_LE(time_of([&] { EXPECT_EQ(pthread_rwlock_rdlock(&lock_), 0); }), 10s);
        pthread_rwlock_unlock(&lock_);
        for (auto& t : all) {
            t.get();
        }
    });
}

// Whether a reader that comes after a waiting writer, with others reading, has to wait.
std::string who_comes_first(int kind) {
    pthread_rwlockattr_t a;
    pthread_rwlockattr_init(&a);
    pthread_rwlockattr_setkind_np(&a, kind);
    pthread_rwlock_t lock;
    pthread_rwlock_init(&lock, &a);
    diary d;
    in_virtual_time([&] {
        pthread_rwlock_rdlock(&lock);
        auto writer = spawn([&] {
            pthread_rwlock_wrlock(&lock);
            d.note("writer");
            pthread_rwlock_unlock(&lock);
        });
        settle();
        auto reader = spawn([&] {
            pthread_rwlock_rdlock(&lock);
            d.note("reader");
            pthread_rwlock_unlock(&lock);
        });
        settle();
        pthread_rwlock_unlock(&lock);
        writer.get();
        reader.get();
    });
    EXPECT_EQ(pthread_rwlock_destroy(&lock), 0);
    return d.text();
}

TEST_F(pthread_rwlocks, a_kind_that_prefers_writers_makes_new_readers_wait) {
    EXPECT_EQ(who_comes_first(PTHREAD_RWLOCK_PREFER_READER_NP), "reader writer");
    EXPECT_EQ(who_comes_first(PTHREAD_RWLOCK_PREFER_WRITER_NP), "reader writer");
    EXPECT_EQ(who_comes_first(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP), "writer reader");
}

TEST_F(pthread_rwlocks, a_preferred_writer_that_gives_up_lets_the_readers_in) {
    pthread_rwlockattr_t a;
    pthread_rwlockattr_init(&a);
    pthread_rwlockattr_setkind_np(&a, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&lock_, &a);
    in_virtual_time([&] {
        pthread_rwlock_rdlock(&lock_);
        auto writer = spawn([&] {
            const timespec later = in(1min);
            EXPECT_EQ(pthread_rwlock_timedwrlock(&lock_, &later), ETIMEDOUT);
        });
        settle();
        auto reader = spawn([&] {
            const auto waited = time_of([&] { EXPECT_EQ(pthread_rwlock_rdlock(&lock_), 0); });
            EXPECT_GT(waited, 50s);
            EXPECT_LE(waited, 1min);
            EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
        });
        writer.get();
        reader.get();
        pthread_rwlock_unlock(&lock_);
    });
}

TEST_F(pthread_rwlocks, timed_locks_give_up_in_time_and_look_at_the_time_first) {
    in_virtual_time([&] {
        pthread_rwlock_wrlock(&lock_);
        spawn([&] {
            const timespec later = in(1h);
            EXPECT_GT(
                time_of([&] { EXPECT_EQ(pthread_rwlock_timedrdlock(&lock_, &later), ETIMEDOUT); }),
                59min);
            EXPECT_EQ(pthread_rwlock_timedwrlock(&lock_, &later), ETIMEDOUT);
            const timespec monotonic = in(1h, CLOCK_MONOTONIC);
            EXPECT_EQ(pthread_rwlock_clockrdlock(&lock_, CLOCK_MONOTONIC, &monotonic), ETIMEDOUT);
            EXPECT_EQ(pthread_rwlock_clockwrlock(&lock_, CLOCK_MONOTONIC, &monotonic), ETIMEDOUT);
            EXPECT_EQ(pthread_rwlock_clockwrlock(&lock_, CLOCK_THREAD_CPUTIME_ID, &later), EINVAL);
            EXPECT_EQ(pthread_rwlock_clockrdlock(&lock_, CLOCK_THREAD_CPUTIME_ID, &later), EINVAL);
        }).get();
        pthread_rwlock_unlock(&lock_);
        const timespec wrong{1, 1'000'000'000};
        EXPECT_EQ(pthread_rwlock_timedrdlock(&lock_, &wrong), EINVAL);
        EXPECT_EQ(pthread_rwlock_timedwrlock(&lock_, &wrong), EINVAL);
    });
}

TEST_F(pthread_rwlocks, a_cancel_is_kept) {
    in_virtual_time([&] {
        pthread_rwlock_wrlock(&lock_);
        auto reader = spawn([&] {
            EXPECT_EQ(pthread_rwlock_rdlock(&lock_), 0);
            EXPECT_EQ(pthread_rwlock_unlock(&lock_), 0);
            weft::sleep_for(1h);
        });
        settle();
        reader.cancel();
        settle();
        EXPECT_FALSE(reader.done());
        pthread_rwlock_unlock(&lock_);
        EXPECT_EQ(end_of([&] { reader.get(); }), "cancelled");
        EXPECT_EQ(pthread_rwlock_trywrlock(&lock_), 0);
        pthread_rwlock_unlock(&lock_);
    });
}

class pthread_rwlock_sharing : public with_actors {};

TEST_P(pthread_rwlock_sharing, writers_are_alone_and_readers_see_whole_values) {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    int first = 0;
    int second = 0;
    const auto write = [&] {
        for (int i = 0; i < 200; ++i) {
            pthread_rwlock_wrlock(&lock);
            ++first;
            if (weft::detail::may_suspend() && i % 20 == 0) {
                weft::yield();
            }
            ++second;
            pthread_rwlock_unlock(&lock);
        }
    };
    const auto read = [&] {
        for (int i = 0; i < 200; ++i) {
            pthread_rwlock_rdlock(&lock);
            const int seen = first;
            if (weft::detail::may_suspend() && i % 20 == 0) {
                weft::yield();
            }
            EXPECT_EQ(second, seen);
            pthread_rwlock_unlock(&lock);
        }
    };
    act(GetParam(), {write, write, read, read, read, read});
    EXPECT_EQ(first, 400);
    EXPECT_EQ(second, 400);
}

WEFT_WITH_ALL_ACTORS(pthread_rwlock_sharing);

} // namespace
} // namespace weft::test
