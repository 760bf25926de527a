// SPDX-License-Identifier: BSL-1.0
//
// What the items of a queue may do: move only, throw from their moves and comparisons, be large or
// aligned. Nothing is lost, nothing is destroyed twice; and what the queues allocate.
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/random_seed.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <any>
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// Throws from the nth move or copy from now; counts how many are alive.
class fragile {
  public:
    explicit fragile(int value) : value_(value) { ++alive; }
    fragile(const fragile& other) : value_(other.value_) {
        strike();
        ++alive;
    }
    fragile(fragile&& other) : value_(other.value_) {
        strike();
        ++alive;
        other.value_ = -1;
    }
    fragile& operator=(const fragile&) = delete;
    ~fragile() { --alive; }
    int value() const { return value_; }
    friend bool operator<(const fragile& a, const fragile& b) {
        strike();
        return a.value_ < b.value_;
    }

    static inline int countdown = 0; // 0: never
    static inline int alive = 0;

  private:
    static void strike() {
        if (countdown > 0 && --countdown == 0) {
            throw std::runtime_error("strike");
        }
    }
    int value_;
};

template <class Queue>
class queue_items_test : public api_test {};

using fragile_queues = testing::Types<queue<fragile>, lifo_queue<fragile>, priority_queue<fragile>>;
TYPED_TEST_SUITE(queue_items_test, fragile_queues);

TYPED_TEST(queue_items_test, whatever_throws_in_a_put_adds_nothing) {
    {
        TypeParam q(50);
        int put = 0;
        for (int strike = 1; strike < 12; ++strike) {
            for (int i = 0; i < 5; ++i) {
                fragile item((i * 7 + strike * 5) % 11);
                fragile::countdown = strike;
                try {
                    if (q.try_put(std::move(item))) {
                        ++put;
                    }
                } catch (const std::runtime_error&) {
                }
                fragile::countdown = 0;
                ASSERT_EQ(q.size(), std::size_t(put));
                ASSERT_EQ(fragile::alive, put + 1);
            }
        }
        EXPECT_GT(put, 20);
        for (; put > 0; --put) {
            EXPECT_GE(q.get().value(), 0) << "a value that had been moved from";
        }
    }
    EXPECT_EQ(fragile::alive, 0);
}

TYPED_TEST(queue_items_test, whatever_throws_in_a_get_leaves_the_item) {
    {
        TypeParam q;
        const int count = 40;
        for (int i = 0; i < count; ++i) {
            q.put(fragile(i * 17 % count));
        }
        int thrown = 0;
        std::vector<int> values;
        for (int strike = 1; !q.empty(); strike = strike % 17 + 1) {
            const std::size_t before = q.size();
            fragile::countdown = strike;
            std::optional<int> value;
            try {
                value = strike % 2 == 0 ? q.get().value() : q.try_get()->value();
            } catch (const std::runtime_error&) {
                ++thrown;
            }
            fragile::countdown = 0;
            ASSERT_EQ(q.size(), before - (value ? 1 : 0));
            ASSERT_EQ(fragile::alive, int(q.size()));
            if (value) {
                values.push_back(*value);
            }
        }
        std::sort(values.begin(), values.end());
        for (int i = 0; i < count; ++i) {
            EXPECT_EQ(values[std::size_t(i)], i);
        }
        EXPECT_GT(thrown, 0);
    }
    EXPECT_EQ(fragile::alive, 0);
}

TYPED_TEST(queue_items_test, a_getter_whose_move_throws_leaves_the_item_to_the_next) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam q;
        const auto gets = [&] { return spawn([&] { return q.get().value(); }); };
        auto first = gets();
        auto second = gets();
        yield();
        q.put(fragile(7));
        fragile::countdown = 1;
        EXPECT_EQ(end_of([&] { first.get(); }), "error: strike");
        EXPECT_EQ(second.get(), 7);
        fragile::countdown = 0;
    });
    EXPECT_EQ(fragile::alive, 0);
}

TYPED_TEST(queue_items_test, a_putter_whose_move_throws_leaves_the_place_to_the_next) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam q(1);
        q.put(fragile(1));
        const auto puts = [&](int value) { return spawn([&, value] { q.put(fragile(value)); }); };
        auto first = puts(2);
        auto second = puts(3);
        yield();
        EXPECT_EQ(q.get().value(), 1);
        fragile::countdown = 1;
        EXPECT_EQ(end_of([&] { first.get(); }), "error: strike");
        fragile::countdown = 0;
        second.get();
        EXPECT_EQ(q.get().value(), 3);
        EXPECT_TRUE(q.empty());
    });
    EXPECT_EQ(fragile::alive, 0);
}

using queue_item_kinds_test = api_test;

TEST_F(queue_item_kinds_test, move_only_any_and_aligned) {
    queue<std::unique_ptr<int>> pointers;
    pointers.put(std::make_unique<int>(1));
    EXPECT_EQ(**pointers.try_get(), 1);
    lifo_queue<std::unique_ptr<int>> stacked;
    stacked.put(std::make_unique<int>(2));
    EXPECT_EQ(*stacked.get(), 2);
    const auto less = [](const auto& a, const auto& b) { return *a < *b; };
    priority_queue<std::unique_ptr<int>, decltype(less)> sorted(0, less);
    for (const int i : {3, 1, 2}) {
        sorted.put(std::make_unique<int>(i));
    }
    EXPECT_EQ(*sorted.get(), 1);

    queue<std::any> anything; // convertible from everything, an iterator included
    anything.put(5);
    anything.put(std::string("text"));
    anything.shutdown();
    std::vector<bool> kinds;
    for (const std::any& item : anything) {
        kinds.push_back(std::any_cast<int>(&item) != nullptr);
    }
    EXPECT_THAT(kinds, ElementsAre(true, false));

    struct alignas(64) wide {
        int value;
    };
    queue<wide> wides;
    lifo_queue<wide> stacked_wides;
    for (int i = 0; i < 100; ++i) {
        wides.put({i});
        stacked_wides.put({i});
    }
    for (int i = 0; i < 100; ++i) {
        const wide item = wides.get();
        ASSERT_EQ(item.value, i);
        ASSERT_EQ(stacked_wides.get().value, 99 - i);
    }

    queue<std::array<char, 100'000>> large(2);
    large.put({});
    large.put({});
    EXPECT_TRUE(large.full());
    queue<std::string> texts;
    texts.put("literal");
    texts.put({'x', 'y'});
    const std::string kept = "copied";
    texts.put(kept);
    EXPECT_EQ(texts.get(), "literal");
    EXPECT_EQ(texts.get(), "xy");
    EXPECT_EQ(texts.get(), kept);
    EXPECT_EQ(kept, "copied");
}

TEST_F(queue_item_kinds_test, items_that_are_left_are_destroyed_with_the_queue) {
    live_count live;
    {
        queue<live_count::object> q;
        lifo_queue<live_count::object> l;
        for (int i = 0; i < 1'000; ++i) {
            q.put(live.make());
            l.put(live.make());
            if (i % 3 == 0) {
                q.get();
                l.get();
            }
        }
        EXPECT_EQ(live.alive(), 2 * (1'000 - 334));
    }
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(queue_item_kinds_test, a_priority_queue_is_a_stable_sort) {
    const unsigned seed = random_seed();
    SCOPED_TRACE(seed_note(seed));
    std::mt19937 random(seed);
    struct first_less {
        bool operator()(std::pair<int, int> a, std::pair<int, int> b) const {
            return a.first < b.first;
        }
    };
    for (int round = 0; round < 50; ++round) {
        priority_queue<std::pair<int, int>, first_less> q;
        std::multiset<std::pair<int, int>> model; // the second number counts up: insertion order
        int number = 0;
        for (int step = 0; step < 400; ++step) {
            if (model.empty() || random() % 5 < 3) {
                const std::pair item(int(random() % 10), number++);
                q.put(item);
                model.insert(item);
            } else {
                ASSERT_EQ(q.get(), *model.begin());
                model.erase(model.begin());
            }
        }
        while (!model.empty()) {
            ASSERT_EQ(q.get(), *model.begin());
            model.erase(model.begin());
        }
    }
}

// --- memory ---

template <class Queue>
void steady_state_allocates_nothing(std::size_t maxsize) {
    Queue q(maxsize);
    const auto rounds = [&](int count) {
        for (int i = 0; i < count; ++i) {
            while (q.try_put(i)) {
            }
            for (int j = 0; j < i % int(maxsize) + 1; ++j) {
                q.get();
            }
        }
    };
    rounds(300);
    const failing_new none(1);
    rounds(1'000);
    EXPECT_FALSE(none.struck());
}

TEST_F(queue_item_kinds_test, a_bounded_queue_in_steady_state_allocates_nothing) {
    for (const std::size_t maxsize : {1u, 2u, 100u, 255u, 256u, 257u, 1'000u}) {
        steady_state_allocates_nothing<queue<int>>(maxsize);
        steady_state_allocates_nothing<lifo_queue<int>>(maxsize);
        steady_state_allocates_nothing<priority_queue<int>>(maxsize);
    }
    struct large {
        large(int) {} // NOLINT(google-explicit-constructor)
        std::array<char, 5'000> bytes{};
    };
    steady_state_allocates_nothing<queue<large>>(3);
    steady_state_allocates_nothing<queue<large>>(9);
}

TEST_F(queue_item_kinds_test, an_unbounded_queue_gives_memory_back) {
    queue<int> q;
    q.put(1);
    const long before = live_allocations();
    for (int i = 0; i < 100'000; ++i) {
        q.put(i);
    }
    EXPECT_GT(live_allocations(), before + 100);
    for (int i = 0; i < 100'000; ++i) {
        q.get();
    }
    EXPECT_LE(live_allocations(), before + 2);
}

TEST_F(queue_item_kinds_test, no_memory_for_an_item_is_an_error_and_nothing_else) {
    const auto fill = [](auto& q) {
        int put = 0;
        int refused = 0;
        for (int i = 0; i < 2'000; ++i) {
            const failing_new now(1);
            try {
                q.put(i);
                ++put;
            } catch (const std::bad_alloc&) {
                if (++refused % 2 == 0) {
                    const_cast<failing_new&>(now).stop();
                    q.put(i);
                    ++put;
                }
            }
        }
        EXPECT_GT(refused, 0);
        EXPECT_EQ(q.size(), std::size_t(put));
        for (; put > 0; --put) {
            q.get();
        }
        EXPECT_TRUE(q.empty());
    };
    queue<int> fifo;
    fill(fifo);
    lifo_queue<int> lifo;
    fill(lifo);
    priority_queue<int> sorted;
    fill(sorted);
}

} // namespace
} // namespace weft::test
