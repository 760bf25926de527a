// SPDX-License-Identifier: BSL-1.0
//
// queue, lifo_queue, priority_queue: order, limits, fairness, task_done and join. Shutting down is
// in queue_shutdown_test.cpp, what T may do in queue_items_test.cpp; waiting and cancelling as
// everywhere in wait_points_test.cpp.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using queue_test = api_test;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Queue>
std::vector<typename Queue::value_type> drained(Queue& q) {
    std::vector<typename Queue::value_type> all;
    while (auto item = q.try_get()) {
        all.push_back(*std::move(item));
    }
    return all;
}

TEST_F(queue_test, first_in_first_out_without_a_loop) {
    queue<int> q;
    EXPECT_TRUE(q.empty());
    EXPECT_EQ(q.maxsize(), 0u);
    q.put(1);
    EXPECT_TRUE(q.try_put(2));
    q.put(3);
    EXPECT_EQ(q.size(), 3u);
    EXPECT_FALSE(q.full());
    EXPECT_EQ(q.get(), 1);
    EXPECT_THAT(drained(q), ElementsAre(2, 3));
    EXPECT_EQ(q.try_get(), std::nullopt);
}

TEST_F(queue_test, last_in_first_out) {
    lifo_queue<int> q(3);
    for (const int i : {1, 2, 3}) {
        EXPECT_TRUE(q.try_put(i));
    }
    EXPECT_FALSE(q.try_put(4));
    EXPECT_EQ(q.get(), 3);
    q.put(5);
    EXPECT_THAT(drained(q), ElementsAre(5, 2, 1));
}

TEST_F(queue_test, smallest_first_and_equal_ones_as_they_came) {
    priority_queue<std::pair<int, char>,
                   decltype([](const auto& a, const auto& b) { return a.first < b.first; })>
        q;
    for (const auto& item : {std::pair{3, 'a'}, {1, 'b'}, {2, 'c'}, {1, 'd'}, {3, 'e'}, {1, 'f'}}) {
        q.put(item);
    }
    std::string order;
    for (const auto& [number, name] : drained(q)) {
        order += name;
    }
    EXPECT_EQ(order, "bdfcae");
}

TEST_F(queue_test, a_priority_queue_orders_by_what_it_is_given) {
    priority_queue<int> least;
    priority_queue<int, std::greater<>> greatest;
    priority_queue<int, std::function<bool(int, int)>> odd_first(
        0, [](int a, int b) { return a % 2 > b % 2; });
    for (const int i : {2, 9, 4, 7, 1}) {
        least.put(i);
        greatest.put(i);
        odd_first.put(i);
    }
    EXPECT_THAT(drained(least), ElementsAre(1, 2, 4, 7, 9));
    EXPECT_THAT(drained(greatest), ElementsAre(9, 7, 4, 2, 1));
    EXPECT_THAT(drained(odd_first), ElementsAre(9, 7, 1, 2, 4));
}

TEST_F(queue_test, put_waits_while_it_is_full) {
    in_virtual_time([] {
        queue<int> q(2);
        std::string log;
        auto producer = spawn([&] {
            for (int i = 0; i < 4; ++i) {
                q.put(i);
                log += std::to_string(i);
            }
        });
        settle();
        EXPECT_EQ(log, "01");
        EXPECT_TRUE(q.full());
        EXPECT_FALSE(q.try_put(9));
        EXPECT_EQ(q.get(), 0);
        EXPECT_FALSE(q.try_put(9)) << "the place is the producer's";
        settle();
        EXPECT_EQ(log, "012");
        EXPECT_EQ(q.get(), 1);
        producer.get();
        EXPECT_THAT(drained(q), ElementsAre(2, 3));
    });
}

TEST_F(queue_test, getters_are_served_in_the_order_of_their_coming_and_not_overtaken) {
    const unshuffled order;
    in_virtual_time([] {
        queue<int> q;
        std::string log;
        std::vector<task<void>> tasks;
        for (const char name : {'a', 'b', 'c'}) {
            tasks.push_back(spawn([&, name] { log += name + std::to_string(q.get()) + ' '; }));
        }
        yield();
        q.put(1);
        q.put(2);
        EXPECT_EQ(q.size(), 2u);
        EXPECT_FALSE(q.empty());
        EXPECT_EQ(q.try_get(), std::nullopt) << "both are for waiters";
        q.put(3);
        q.put(4);
        EXPECT_EQ(q.get(), 1) << "one is free, and first in goes first out";
        for (auto& t : tasks) {
            t.get();
        }
        EXPECT_EQ(log, "a2 b3 c4 ");
    });
}

TEST_F(queue_test, producers_and_consumers_lose_nothing) {
    for (const std::size_t maxsize : {0u, 1u, 3u, 100u}) {
        in_virtual_time([maxsize] {
            queue<int> q(maxsize);
            int sum = 0;
            std::vector<task<void>> producers;
            std::vector<task<void>> consumers;
            for (int i = 0; i < 3; ++i) {
                consumers.push_back(spawn([&] {
                    for (const int item : q) {
                        sum += item;
                        yield();
                        q.task_done();
                    }
                }));
            }
            for (int i = 0; i < 4; ++i) {
                producers.push_back(spawn([&] {
                    for (int j = 1; j <= 100; ++j) {
                        q.put(j);
                        if (j % 10 == 0) {
                            sleep_for(1ms);
                        }
                    }
                }));
            }
            for (auto& t : producers) {
                t.get();
            }
            q.join();
            EXPECT_EQ(sum, 4 * 5050);
            q.shutdown();
            for (auto& t : consumers) {
                t.get();
            }
        });
    }
}

TEST_F(queue_test, many_items_keep_their_order_through_all_blocks) {
    queue<int> q;
    int next_in = 0;
    int next_out = 0;
    for (int round = 0; round < 200; ++round) {
        for (int i = 0; i < 37 * (round % 11); ++i) {
            q.put(next_in++);
        }
        for (int i = 0; i < 31 * (round % 13) && !q.empty(); ++i) {
            ASSERT_EQ(q.get(), next_out++);
        }
    }
    while (!q.empty()) {
        ASSERT_EQ(q.get(), next_out++);
    }
    EXPECT_EQ(next_in, next_out);
}

// --- work on the items ---

TEST_F(queue_test, join_waits_until_all_work_is_done) {
    in_virtual_time([] {
        queue<int> q;
        q.join(); // none was put
        q.put(1);
        q.put(2);
        auto joiner = spawn([&] { q.join(); });
        auto joiner_too = spawn([&] { q.join(); });
        q.get();
        q.task_done();
        settle();
        EXPECT_FALSE(joiner.done());
        q.get();
        settle();
        EXPECT_FALSE(joiner.done());
        q.task_done();
        settle();
        EXPECT_TRUE(joiner.done());
        EXPECT_TRUE(joiner_too.done());
        q.put(3);
        auto again = spawn({.eager = true}, [&] { q.join(); });
        EXPECT_FALSE(again.done());
        q.task_done(); // the work may be done before the item is taken
        again.get();
        EXPECT_EQ(q.size(), 1u);
    });
}

TEST_F(queue_test, a_joiner_goes_on_although_more_was_put_since) {
    in_virtual_time([] {
        queue<int> q;
        q.put(1);
        auto joiner = spawn({.eager = true}, [&] { q.join(); });
        q.task_done();
        q.put(2);
        joiner.get();
        EXPECT_EQ(q.size(), 2u);
    });
}

TEST_F(queue_test, task_done_too_often_is_an_error) {
    queue<int> q;
    EXPECT_THAT(text_of<std::invalid_argument>([&] { q.task_done(); }),
                HasSubstr("weft::queue::task_done"));
    q.put(1);
    q.task_done();
    EXPECT_THROW(q.task_done(), std::invalid_argument);
}

// --- places ---

TEST_F(queue_test, callbacks_may_put_and_get_what_does_not_block) {
    in_virtual_time([] {
        queue<int> q(1);
        auto t = spawn([&] { return q.get(); });
        yield();
        in_a_callback([&] {
            q.put(5);
            EXPECT_FALSE(q.try_put(6));
            EXPECT_THROW(q.put(6), not_in_task);
        });
        EXPECT_EQ(t.get(), 5);
    });
}

TEST_F(queue_test, belongs_to_one_thread) {
    queue<int> q;
    q.put(1);
    on_another_thread([&] {
        EXPECT_THROW(q.put(1), wrong_loop);
        EXPECT_THROW(q.get(), wrong_loop);
        EXPECT_THROW(q.try_put(1), wrong_loop);
        EXPECT_THROW(q.try_get(), wrong_loop);
        EXPECT_THROW(static_cast<void>(q.size()), wrong_loop);
        EXPECT_THROW(static_cast<void>(q.empty()), wrong_loop);
        EXPECT_THROW(q.task_done(), wrong_loop);
        EXPECT_THROW(q.join(), wrong_loop);
        EXPECT_THROW(q.shutdown(), wrong_loop);
        EXPECT_THROW(q.begin(), wrong_loop);
    });
    EXPECT_EQ(q.size(), 1u);
}

// --- cancels ---

TEST_F(queue_test, a_cancelled_put_leaves_the_item_with_the_caller) {
    in_virtual_time([] {
        queue<move_only> q(1);
        q.put(move_only(1));
        move_only item(2);
        auto t = spawn([&] { q.put(std::move(item)); });
        yield();
        t.cancel();
        t.wait();
        EXPECT_EQ(item.value(), 2);
        EXPECT_FALSE(q.try_put(std::move(item)));
        EXPECT_EQ(item.value(), 2);
        EXPECT_EQ(q.size(), 1u);
    });
}

TEST_F(queue_test, many_cancelled_getters_do_not_stand_in_the_way) {
    in_virtual_time([] {
        queue<int> q;
        std::vector<task<int>> tasks;
        for (int i = 0; i < 10; ++i) {
            tasks.push_back(spawn([&] { return q.get(); }));
        }
        yield();
        q.put(1);
        q.put(2);
        for (int i = 0; i < 9; ++i) {
            tasks[std::size_t(i)].cancel(); // two of them have an item coming
        }
        EXPECT_EQ(tasks[9].get(), 1);
        EXPECT_EQ(q.get(), 2);
        for (int i = 0; i < 9; ++i) {
            EXPECT_TRUE(tasks[std::size_t(i)].cancelled());
        }
    });
}

template <class Queue>
void a_pipeline_is_cancelled_everywhere() {
    EXPECT_GT(cancel_at_every_turn([](cancel_attempt& attempt) {
                  Queue in(1);
                  Queue out(1);
                  int put = 0;
                  int got = 0;
                  int lost = 0; // taken by the middle and not put: known to it, that is, not lost
                  auto source = spawn([&] {
                      for (int i = 0; i < 6; ++i) {
                          in.put(i);
                          ++put;
                      }
                      in.shutdown();
                  });
                  auto sink = spawn([&] {
                      for ([[maybe_unused]] const int item : out) {
                          ++got;
                          yield_times(3);
                      }
                  });
                  attempt.run([&] {
                      for (const int item : in) {
                          ++lost;
                          yield();
                          out.put(item);
                          --lost;
                      }
                  });
                  out.shutdown();
                  sink.get();
                  for ([[maybe_unused]] const int item : in) {
                      ++got;
                  }
                  source.get();
                  EXPECT_EQ(put, 6);
                  EXPECT_EQ(got + lost, 6);
                  EXPECT_LE(lost, 1);
              }),
              3);
}

TEST_F(queue_test, a_pipeline_of_queues_is_cancelled_everywhere) {
    a_pipeline_is_cancelled_everywhere<queue<int>>();
}

TEST_F(queue_test, a_pipeline_of_lifo_queues_is_cancelled_everywhere) {
    a_pipeline_is_cancelled_everywhere<lifo_queue<int>>();
}

TEST_F(queue_test, a_pipeline_of_priority_queues_is_cancelled_everywhere) {
    a_pipeline_is_cancelled_everywhere<priority_queue<int>>();
}

} // namespace
} // namespace weft::test
