// SPDX-License-Identifier: BSL-1.0
#include "tests/interpose/threads/threads_fixture.hpp"

#include <climits>

#include <memory>

namespace weft::test {
namespace {

class pthread_barriers : public api_test {};

TEST_F(pthread_barriers, tasks_wait_for_each_other_and_one_of_them_is_told_so) {
    pthread_barrier_t b;
    ASSERT_EQ(pthread_barrier_init(&b, nullptr, 3), 0);
    in_virtual_time([&] {
        int serial = 0;
        std::vector<task<void>> all;
        for (int i = 0; i < 3; ++i) {
            all.push_back(spawn([&, i] {
                for (int round = 0; round < 4; ++round) {
                    weft::sleep_for(std::chrono::seconds(i));
                    const auto arrived = loop_time();
                    const int result = pthread_barrier_wait(&b);
                    EXPECT_TRUE(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
                    serial += result == PTHREAD_BARRIER_SERIAL_THREAD ? 1 : 0;
                    EXPECT_EQ(loop_time() - arrived, std::chrono::seconds(2 - i));
                }
            }));
        }
        for (auto& t : all) {
            t.get();
        }
        EXPECT_EQ(serial, 4);
    });
    EXPECT_EQ(pthread_barrier_destroy(&b), 0);
}

TEST_F(pthread_barriers, one_for_one_does_not_wait) {
    pthread_barrier_t b;
    ASSERT_EQ(pthread_barrier_init(&b, nullptr, 1), 0);
    in_virtual_time([&] {
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(pthread_barrier_wait(&b), PTHREAD_BARRIER_SERIAL_THREAD);
        }
    });
    EXPECT_EQ(pthread_barrier_destroy(&b), 0);
}

TEST_F(pthread_barriers, the_last_to_come_may_destroy_it_before_the_others_have_run) {
    in_virtual_time([&] {
        for (int round = 0; round < 3; ++round) {
            auto b = std::make_unique<pthread_barrier_t>();
            ASSERT_EQ(pthread_barrier_init(b.get(), nullptr, 3), 0);
            std::vector<task<void>> all;
            for (int i = 0; i < 2; ++i) {
                all.push_back(spawn([&] { EXPECT_EQ(pthread_barrier_wait(b.get()), 0); }));
            }
            settle();
            EXPECT_EQ(pthread_barrier_wait(b.get()), PTHREAD_BARRIER_SERIAL_THREAD);
            EXPECT_EQ(pthread_barrier_destroy(b.get()), 0);
            b.reset();
            for (auto& t : all) {
                t.get();
            }
        }
    });
}

TEST_F(pthread_barriers, a_cancel_is_kept_until_the_round_is_complete) {
    pthread_barrier_t b;
    ASSERT_EQ(pthread_barrier_init(&b, nullptr, 2), 0);
    in_virtual_time([&] {
        auto waiter = spawn([&] {
            pthread_barrier_wait(&b);
            weft::sleep_for(1h);
        });
        settle();
        waiter.cancel();
        settle();
        EXPECT_FALSE(waiter.done());
        pthread_barrier_wait(&b);
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled");
    });
    EXPECT_EQ(pthread_barrier_destroy(&b), 0);
}

// After so many have come the count begins anew, which no test can wait for: the count is put just
// before that, as libc keeps it.
TEST_F(pthread_barriers, the_count_begins_anew_when_it_has_become_large) {
    for (const unsigned parties : {1U, 2U, 3U, 5U}) {
        pthread_barrier_t b;
        ASSERT_EQ(pthread_barrier_init(&b, nullptr, parties), 0);
        const unsigned last = UINT_MAX / 2 - UINT_MAX / 2 % parties;
        auto* words = reinterpret_cast<unsigned*>(&b);
        ASSERT_EQ(words[2], parties);
        words[0] = words[1] = words[4] = last - 2 * parties; // come, complete, gone
        in_virtual_time([&] {
            int serial = 0;
            std::vector<task<void>> all;
            for (unsigned i = 0; i < parties; ++i) {
                all.push_back(spawn([&] {
                    for (int round = 0; round < 5; ++round) {
                        serial += pthread_barrier_wait(&b) == PTHREAD_BARRIER_SERIAL_THREAD;
                    }
                }));
            }
            for (auto& t : all) {
                t.get();
            }
            EXPECT_EQ(serial, 5);
        });
        EXPECT_EQ(words[0], 3 * parties) << "the count is not where it is looked for";
        EXPECT_EQ(pthread_barrier_destroy(&b), 0);
    }
}

class pthread_barrier_rounds : public with_actors {};

TEST_P(pthread_barrier_rounds, nobody_is_a_round_ahead) {
    pthread_barrier_t b;
    ASSERT_EQ(pthread_barrier_init(&b, nullptr, 4), 0);
    std::array<std::atomic<int>, 4> rounds{};
    std::atomic<int> serial = 0;
    std::vector<std::function<void()>> parts;
    for (std::size_t me = 0; me < 4; ++me) {
        parts.emplace_back([&, me] {
            for (int round = 0; round < 100; ++round) {
                rounds[me] = round;
                serial += pthread_barrier_wait(&b) == PTHREAD_BARRIER_SERIAL_THREAD;
                for (const auto& other : rounds) {
                    EXPECT_GE(other, round);
                }
                pthread_barrier_wait(&b);
            }
        });
    }
    act(GetParam(), parts);
    EXPECT_EQ(serial, 100);
    EXPECT_EQ(pthread_barrier_destroy(&b), 0);
}

WEFT_WITH_ALL_ACTORS(pthread_barrier_rounds);

} // namespace
} // namespace weft::test
