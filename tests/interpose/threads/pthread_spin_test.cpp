// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"

namespace weft::test {
namespace {

class pthread_spins : public api_test {};

TEST_F(pthread_spins, one_held_across_a_suspension_lets_the_holder_go_on) {
    pthread_spinlock_t l;
    ASSERT_EQ(pthread_spin_init(&l, PTHREAD_PROCESS_PRIVATE), 0);
    weft::run([&] {
        auto holder = spawn({.eager = true}, [&] {
            EXPECT_EQ(pthread_spin_lock(&l), 0);
            weft::sleep_for(2ms);
            EXPECT_EQ(pthread_spin_unlock(&l), 0);
        });
        EXPECT_EQ(pthread_spin_trylock(&l), EBUSY);
        EXPECT_EQ(pthread_spin_lock(&l), 0);
        EXPECT_TRUE(holder.done());
        EXPECT_EQ(pthread_spin_unlock(&l), 0);
        holder.get();
    });
    EXPECT_EQ(pthread_spin_destroy(&l), 0);
}

TEST_F(pthread_spins, virtual_time_goes_on_while_one_is_waited_for) {
    pthread_spinlock_t l;
    ASSERT_EQ(pthread_spin_init(&l, PTHREAD_PROCESS_PRIVATE), 0);
    in_virtual_time([&] {
        auto holder = spawn({.eager = true}, [&] {
            pthread_spin_lock(&l);
            weft::sleep_for(1min);
            pthread_spin_unlock(&l);
        });
        const auto waited = time_of([&] { EXPECT_EQ(pthread_spin_lock(&l), 0); });
        EXPECT_GE(waited, 1min);
        EXPECT_LE(waited, 1min + 20ms);
        pthread_spin_unlock(&l);
        holder.get();
    });
    EXPECT_EQ(pthread_spin_destroy(&l), 0);
}

class pthread_spin_sharing : public with_actors {};

TEST_P(pthread_spin_sharing, one_at_a_time) {
    pthread_spinlock_t l;
    pthread_spin_init(&l, PTHREAD_PROCESS_PRIVATE);
    int count = 0;
    const auto part = [&] {
        for (int i = 0; i < 200; ++i) {
            pthread_spin_lock(&l);
            const int before = count;
            if (weft::detail::may_suspend() && i % 20 == 0) {
                weft::yield();
            }
            count = before + 1;
            pthread_spin_unlock(&l);
        }
    };
    act(GetParam(), {part, part, part, part});
    EXPECT_EQ(count, 800);
    pthread_spin_destroy(&l);
}

WEFT_WITH_ALL_ACTORS(pthread_spin_sharing);

} // namespace
} // namespace weft::test
