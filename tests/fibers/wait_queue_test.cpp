// SPDX-License-Identifier: BSL-1.0
//
// A queue of waiters: first come, first notified; a notification is never spent on somebody who has
// already left, and never lost when its receiver is cancelled.
#include "fibers/wait_queue.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/random_seed.hpp"
#include "tests/support/sanitized.hpp"

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::log_lines;

class wait_queue_test : public test::kernel_fixture {
  public:
    void TearDown() override {
        EXPECT_TRUE(queue_.empty());
        kernel_fixture::TearDown();
    }

    wait_queue::result wait(time_point deadline = never) {
        wait_site site{"queue", &queue_};
        return queue_.wait(kernel(), site, deadline);
    }

    // A fiber that waits once and notes its name when it is notified.
    test::test_fiber& start_waiter(const std::string& name, time_point deadline = never) {
        return start([this, name, deadline] {
            const auto [reason, notified] = wait(deadline);
            const char* words[] = {"notified", "timed out", "cancelled"};
            note(name + " " + words[static_cast<int>(reason)] +
                 (notified && reason != wake_reason::notified ? " and notified" : ""));
            if (notified && reason == wake_reason::cancelled) {
                queue_.notify_one(kernel()); // passes it on
            }
        });
    }

    wait_queue queue_;
};

TEST_F(wait_queue_test, notifies_in_the_order_of_coming) {
    for (const char* name : {"a", "b", "c"}) {
        start_waiter(name);
    }
    start([this] {
        EXPECT_TRUE(queue_.notify_one(kernel()));
        yield();
        EXPECT_EQ(log(), log_lines{"a notified"});
        queue_.notify_all(kernel());
    });
    run();
    EXPECT_EQ(log(), (log_lines{"a notified", "b notified", "c notified"}));
}

TEST_F(wait_queue_test, notifying_nobody_says_so_and_is_not_remembered) {
    EXPECT_FALSE(queue_.notify_one(kernel()));
    queue_.notify_all(kernel());
    start_waiter("a", kernel().now() + 1s);
    run();
    EXPECT_EQ(log(), log_lines{"a timed out"});
}

TEST_F(wait_queue_test, notify_passes_over_a_waiter_that_has_timed_out_in_the_same_turn) {
    const time_point deadline = kernel().now() + 1s;
    start([this, deadline] {
        park(deadline); // armed before the waiters' timers, so it wakes before them
        EXPECT_FALSE(queue_.empty()) << "they have not resumed yet";
        EXPECT_TRUE(queue_.notify_one(kernel()));
        note("notified one");
    });
    start_waiter("a", deadline);
    start_waiter("b", deadline);
    start_waiter("c");
    run();
    EXPECT_EQ(log(), (log_lines{"notified one", "a timed out", "b timed out", "c notified"}));
}

TEST_F(wait_queue_test, notify_passes_over_a_waiter_that_was_cancelled_in_the_same_turn) {
    auto& a = start_waiter("a");
    start_waiter("b");
    start([&, this] {
        kernel().cancel(a);
        EXPECT_TRUE(queue_.notify_one(kernel()));
    });
    run();
    EXPECT_EQ(log(), (log_lines{"a cancelled", "b notified"}));
}

TEST_F(wait_queue_test, notify_finds_nobody_when_all_have_left) {
    auto& a = start_waiter("a");
    start([&, this] {
        kernel().cancel(a);
        EXPECT_FALSE(queue_.notify_one(kernel()));
    });
    run();
    EXPECT_EQ(log(), log_lines{"a cancelled"});
}

TEST_F(wait_queue_test, a_waiter_notified_and_then_cancelled_learns_both) {
    auto& a = start_waiter("a");
    start_waiter("b");
    start([&, this] {
        EXPECT_TRUE(queue_.notify_one(kernel()));
        kernel().cancel(a);
    });
    run();
    EXPECT_EQ(log(), (log_lines{"a cancelled and notified", "b notified"}));
}

TEST_F(wait_queue_test, a_waiter_notified_before_its_timer_fires_in_the_same_turn_is_notified) {
    start_waiter("a", kernel().now() + 1s);
    start([this] {
        EXPECT_TRUE(queue_.notify_one(kernel()));
        port().advance(1s);
        kernel().look_up();
    });
    run();
    EXPECT_EQ(log(), log_lines{"a notified"});
}

TEST_F(wait_queue_test, timed_out_and_cancelled_waiters_leave_from_any_place) {
    const time_point soon = kernel().now() + 1s;
    std::vector<test::test_fiber*> waiters;
    for (int i = 0; i < 9; ++i) {
        waiters.push_back(&start_waiter(std::to_string(i), i % 3 == 1 ? soon : never));
    }
    start([&, this] {
        sleep_for(2s);
        for (const std::size_t gone : {0, 3, 6}) {
            kernel().cancel(*waiters[gone]);
        }
        yield();
        queue_.notify_all(kernel());
    });
    run();
    EXPECT_EQ(log(),
              (log_lines{"1 timed out", "4 timed out", "7 timed out", "0 cancelled", "3 cancelled",
                         "6 cancelled", "2 notified", "5 notified", "8 notified"}));
}

TEST_F(wait_queue_test, a_waiter_with_a_cancel_pending_does_not_stay_linked) {
    auto& a = start_waiter("a");
    kernel().cancel(a);
    run();
    EXPECT_EQ(log(), log_lines{"a cancelled"});
}

TEST_F(wait_queue_test, one_fiber_may_wait_again_and_again) {
    start([this] {
        for (int i = 0; i < 100; ++i) {
            EXPECT_EQ(wait().reason, wake_reason::notified);
        }
        note("ended");
    });
    start([this] {
        for (int i = 0; i < 100; ++i) {
            EXPECT_TRUE(queue_.notify_one(kernel()));
            yield();
        }
    });
    run();
    EXPECT_EQ(log(), log_lines{"ended"});
}

TEST_F(wait_queue_test, notify_all_does_not_reach_those_who_wait_again) {
    int wakes = 0;
    for (int i = 0; i < 3; ++i) {
        start([&, this] {
            wait();
            ++wakes;
            wait();
        });
    }
    start([&, this] {
        queue_.notify_all(kernel());
        yield();
        yield();
        EXPECT_EQ(wakes, 3);
        queue_.notify_all(kernel());
    });
    run();
}

TEST_F(wait_queue_test, waiting_and_notifying_allocate_nothing) {
    std::optional<test::allocation_count> count;
    std::size_t allocated = 0;
    for (int i = 0; i < 10; ++i) {
        start([&, this] {
            for (int round = 0; round < 20; ++round) {
                wait(kernel().now() + 1h);
            }
        });
    }
    start([&, this] {
        count.emplace();
        for (int round = 0; round < 20; ++round) {
            queue_.notify_all(kernel());
            yield();
        }
        allocated = count->so_far();
    });
    run();
    EXPECT_EQ(allocated, 0U);
}

// Permits are handed out through the queue while waiters time out and are cancelled at random: none
// may be lost and none handed out twice.
TEST_F(wait_queue_test, under_random_timeouts_and_cancels_no_notification_is_lost) {
    const unsigned seed = test::random_seed();
    SCOPED_TRACE(test::seed_note(seed));
    std::mt19937 random(seed);
    const auto up_to = [&random](unsigned most) { return random() % (most + 1); };

    constexpr int takers = 20;
    int free = 3;
    int held = 0;
    std::vector<test::test_fiber*> fibers;
    const auto release = [&, this] {
        ++free;
        queue_.notify_one(kernel());
    };
    for (int i = 0; i < takers; ++i) {
        fibers.push_back(&start([&, this] {
            for (std::size_t round = 0; round < test::rounds(2000); ++round) {
                bool left = false;
                while (free == 0 && !left) {
                    const auto [reason, notified] = wait(kernel().now() + up_to(3) * 1ms);
                    left = reason != wake_reason::notified;
                    if (left && notified) {
                        queue_.notify_one(kernel());
                    }
                }
                if (left) {
                    continue;
                }
                --free;
                ++held;
                EXPECT_LE(held, 3);
                if (up_to(1) == 0) {
                    yield();
                } else {
                    sleep_for(up_to(2) * 1ms);
                }
                --held;
                release();
                kernel().cancel(*fibers[up_to(takers - 1)]);
            }
        }));
    }
    run();
    EXPECT_EQ(free, 3);
    EXPECT_EQ(held, 0);
}

} // namespace
} // namespace weft::fibers
