// SPDX-License-Identifier: BSL-1.0
//
// Shutting a queue down: who is told, what happens to the items, and how range-for ends.
#include "tests/support/api_fixture.hpp"

#include <gmock/gmock.h>

#include <iterator>
#include <memory>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using queue_shutdown_test = api_test;
using testing::AllOf;
using testing::HasSubstr;

static_assert(std::ranges::input_range<queue<int>>);
static_assert(std::ranges::input_range<priority_queue<std::string>>);
static_assert(std::ranges::input_range<lifo_queue<std::unique_ptr<int>>>);

TEST_F(queue_shutdown_test, put_fails_at_once_and_get_when_it_is_empty) {
    queue<int> q(3);
    q.put(1);
    q.put(2);
    q.shutdown();
    EXPECT_THAT(text_of<queue_shutdown>([&] { q.put(3); }),
                AllOf(HasSubstr("weft::queue::put"), HasSubstr("shut down")));
    EXPECT_THAT(text_of<queue_shutdown>([&] { q.try_put(3); }), HasSubstr("weft::queue::try_put"));
    EXPECT_EQ(q.size(), 2u);
    EXPECT_EQ(q.get(), 1);
    EXPECT_EQ(q.try_get(), 2);
    EXPECT_THAT(text_of<queue_shutdown>([&] { q.get(); }), HasSubstr("weft::queue::get"));
    EXPECT_THAT(text_of<queue_shutdown>([&] { q.try_get(); }), HasSubstr("weft::queue::try_get"));
    q.shutdown();
    EXPECT_THROW(q.get(), queue_shutdown);
}

TEST_F(queue_shutdown_test, a_full_queue_refuses_rather_than_blocks) {
    queue<int> q(1);
    q.put(1);
    q.shutdown();
    EXPECT_THROW(q.put(2), queue_shutdown);
    EXPECT_THROW(q.try_put(2), queue_shutdown);
}

TEST_F(queue_shutdown_test, waiting_getters_are_told) {
    for (const bool immediate : {false, true}) {
        in_virtual_time([immediate] {
            queue<int> q;
            std::vector<task<void>> tasks;
            for (int i = 0; i < 3; ++i) {
                tasks.push_back(spawn([&] { EXPECT_THROW(q.get(), queue_shutdown); }));
            }
            yield();
            q.shutdown(immediate);
            for (auto& t : tasks) {
                t.get();
            }
        });
    }
}

TEST_F(queue_shutdown_test, waiting_putters_are_told_and_keep_their_items) {
    for (const bool immediate : {false, true}) {
        in_virtual_time([immediate] {
            queue<move_only> q(1);
            q.put(move_only(1));
            move_only item(2);
            auto t = spawn([&] { EXPECT_THROW(q.put(std::move(item)), queue_shutdown); });
            yield();
            q.shutdown(immediate);
            t.get();
            EXPECT_EQ(item.value(), 2);
            EXPECT_EQ(q.size(), immediate ? 0u : 1u);
        });
    }
}

TEST_F(queue_shutdown_test, a_place_on_its_way_to_a_putter_is_worth_nothing_after_it) {
    in_virtual_time([] {
        queue<int> q(1);
        q.put(1);
        auto t = spawn([&] { EXPECT_THROW(q.put(2), queue_shutdown); });
        yield();
        EXPECT_EQ(q.get(), 1);
        q.shutdown();
        t.get();
        EXPECT_TRUE(q.empty());
    });
}

TEST_F(queue_shutdown_test, an_item_on_its_way_to_a_getter_reaches_it) {
    const unshuffled order;
    in_virtual_time([] {
        queue<int> q;
        auto first = spawn([&] { return q.get(); });
        auto second = spawn([&] { return q.get(); });
        yield();
        q.put(5);
        q.shutdown();
        EXPECT_THROW(q.get(), queue_shutdown) << "the item is not for who comes now";
        EXPECT_EQ(first.get(), 5);
        EXPECT_THROW(second.get(), queue_shutdown);
    });
}

TEST_F(queue_shutdown_test, an_item_of_a_getter_that_is_cancelled_stays) {
    in_virtual_time([] {
        queue<int> q;
        auto t = spawn([&] { return q.get(); });
        yield();
        q.put(5);
        q.shutdown();
        t.cancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(q.get(), 5);
        EXPECT_THROW(q.get(), queue_shutdown);
    });
}

TEST_F(queue_shutdown_test, immediate_drops_the_items_also_those_on_their_way) {
    in_virtual_time([] {
        live_count live;
        queue<live_count::object> q;
        auto t = spawn([&] { EXPECT_THROW(q.get(), queue_shutdown); });
        yield();
        for (int i = 0; i < 5; ++i) {
            q.put(live.make());
        }
        EXPECT_EQ(live.alive(), 5);
        q.shutdown(true);
        EXPECT_EQ(live.alive(), 0);
        EXPECT_TRUE(q.empty());
        t.get();
        q.join();
    });
}

TEST_F(queue_shutdown_test, may_be_made_immediate_later) {
    queue<int> q;
    q.put(1);
    q.shutdown();
    EXPECT_EQ(q.size(), 1u);
    q.shutdown(true);
    EXPECT_THROW(q.get(), queue_shutdown);
}

TEST_F(queue_shutdown_test, join_goes_on_as_before_it_until_the_work_is_done) {
    in_virtual_time([] {
        queue<int> q;
        q.put(1);
        auto joiner = spawn({.eager = true}, [&] { q.join(); });
        q.shutdown();
        yield_times(3);
        EXPECT_FALSE(joiner.done());
        q.get();
        q.task_done();
        joiner.get();
    });
}

TEST_F(queue_shutdown_test, immediate_counts_dropped_items_as_done_but_not_those_taken) {
    in_virtual_time([] {
        queue<int> q;
        q.put(1);
        q.put(2);
        auto joiner = spawn({.eager = true}, [&] { q.join(); });
        q.get();
        q.shutdown(true);
        yield_times(3);
        EXPECT_FALSE(joiner.done()) << "the one that was taken is not done";
        q.task_done();
        joiner.get();
        EXPECT_THROW(q.task_done(), std::invalid_argument);
    });
    in_virtual_time([] {
        queue<int> q;
        q.put(1);
        auto joiner = spawn({.eager = true}, [&] { q.join(); });
        q.shutdown(true);
        joiner.get();
    });
}

TEST_F(queue_shutdown_test, range_for_takes_until_it_is_shut_down_and_empty) {
    in_virtual_time([] {
        queue<std::unique_ptr<int>> q(2);
        auto producer = spawn([&] {
            for (int i = 0; i < 5; ++i) {
                q.put(std::make_unique<int>(i));
            }
            sleep_for(1h);
            q.shutdown();
        });
        int next = 0;
        for (auto& item : q) {
            EXPECT_EQ(*item, next++);
        }
        EXPECT_EQ(next, 5);
        for (const auto& item : q) {
            ADD_FAILURE() << *item;
        }
        producer.get();
    });
}

TEST_F(queue_shutdown_test, a_loop_that_is_left_early_has_taken_only_what_it_saw) {
    queue<int> q;
    for (int i = 0; i < 5; ++i) {
        q.put(i);
    }
    for (const int item : q) {
        if (item == 2) {
            break;
        }
    }
    EXPECT_EQ(q.size(), 2u);
    auto i = q.begin();
    EXPECT_EQ(*i, 3);
    i++;
    EXPECT_EQ(*i, 4);
    q.shutdown();
    EXPECT_TRUE(++i == q.end());
}

} // namespace
} // namespace weft::test
