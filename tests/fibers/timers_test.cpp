// SPDX-License-Identifier: BSL-1.0
//
// The deadline heap against a std::multimap, which is slow and surely right: the same random
// additions, removals and steps of the clock, the same timers in the same order.
#include "fibers/timers.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/random_seed.hpp"
#include "tests/support/sanitized.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

class numbered_timer : public timer {
  public:
    numbered_timer(int number, std::vector<int>& fired)
        : timer([](timer& t) noexcept {
              auto& self = static_cast<numbered_timer&>(t);
              EXPECT_FALSE(self.armed());
              self.fired_.push_back(self.number_);
          }),
          number_(number),
          fired_(fired) {}
    int number() const { return number_; }

  private:
    int number_;
    std::vector<int>& fired_;
};

class timers_test : public testing::Test {
  protected:
    numbered_timer& add(time_point when) {
        auto& t = timers_.emplace_back(static_cast<int>(timers_.size()), fired_);
        heap_.add(t, when);
        return t;
    }

    timer_heap heap_;
    std::deque<numbered_timer> timers_;
    std::vector<int> fired_;
};

TEST_F(timers_test, an_empty_heap_has_no_deadline) {
    EXPECT_TRUE(heap_.empty());
    EXPECT_EQ(heap_.size(), 0U);
    EXPECT_EQ(heap_.next(), never);
    heap_.fire(never);
}

TEST_F(timers_test, what_is_due_fires_and_nothing_else) {
    add(start + 2s);
    add(start + 1s);
    add(start + 3s);
    EXPECT_EQ(heap_.next(), start + 1s);
    heap_.fire(start);
    EXPECT_EQ(fired_, std::vector<int>{});
    heap_.fire(start + 2s); // a deadline has come when it is now
    EXPECT_EQ(fired_, (std::vector{1, 0}));
    EXPECT_EQ(heap_.next(), start + 3s);
    EXPECT_EQ(heap_.size(), 1U);
    heap_.fire(never);
    EXPECT_EQ(fired_, (std::vector{1, 0, 2}));
    EXPECT_TRUE(heap_.empty());
}

TEST_F(timers_test, ties_fire_in_the_order_of_adding) {
    std::vector<int> expected;
    for (int i = 0; i < 1000; ++i) {
        add(start + 1s);
        expected.push_back(i);
    }
    heap_.fire(start + 1s);
    EXPECT_EQ(fired_, expected);
}

TEST_F(timers_test, ties_keep_their_order_when_others_are_removed_between_them) {
    std::vector<int> expected;
    for (int i = 0; i < 300; ++i) {
        add(start + (i % 3 == 0 ? 0s : 1s));
        if (i % 3 == 2) {
            expected.push_back(i);
        }
    }
    for (int i = 0; i < 300; ++i) {
        if (i % 3 != 2) {
            heap_.remove(timers_[static_cast<std::size_t>(i)]);
        }
    }
    heap_.fire(start + 1s);
    EXPECT_EQ(fired_, expected);
}

TEST_F(timers_test, armed_and_when_tell_the_truth) {
    auto& t = add(start);
    EXPECT_TRUE(t.armed());
    EXPECT_EQ(t.when(), start);
    heap_.remove(t);
    EXPECT_FALSE(t.armed());
    heap_.add(t, start + 5s); // the same timer again
    EXPECT_TRUE(t.armed());
    EXPECT_EQ(t.when(), start + 5s);
    heap_.fire(start + 5s);
    EXPECT_FALSE(t.armed());
    EXPECT_EQ(fired_, std::vector{0});
}

TEST_F(timers_test, a_timer_added_again_goes_behind_its_ties) {
    auto& first = add(start);
    add(start);
    heap_.remove(first);
    heap_.add(first, start);
    heap_.fire(start);
    EXPECT_EQ(fired_, (std::vector{1, 0}));
}

TEST_F(timers_test, each_one_of_a_hundred_can_be_removed) {
    for (std::size_t gone = 0; gone < 100; ++gone) {
        timers_.clear();
        fired_.clear();
        for (int i = 0; i < 100; ++i) {
            add(start + std::chrono::seconds(i * 37 % 100));
        }
        heap_.fire(start); // shapes the heap: takes out number 0
        if (gone == 0) {
            heap_.fire(never);
            continue;
        }
        heap_.remove(timers_[gone]);
        EXPECT_EQ(heap_.size(), 98U);
        heap_.fire(never);
        EXPECT_EQ(fired_.size(), 99U);
        for (const int number : fired_) {
            EXPECT_NE(number, static_cast<int>(gone));
        }
    }
}

TEST_F(timers_test, the_ends_of_time_are_ordinary_deadlines) {
    add(never);
    add(time_point::min());
    add(never - 1ns);
    EXPECT_EQ(heap_.next(), time_point::min());
    heap_.fire(time_point::min());
    EXPECT_EQ(fired_, std::vector{1});
    EXPECT_EQ(heap_.next(), never - 1ns);
    heap_.fire(never);
    EXPECT_EQ(fired_, (std::vector{1, 2, 0}));
}

// Recursion over a long list of children would need a deep stack.
TEST_F(timers_test, a_hundred_thousand_in_ascending_and_in_descending_order) {
    constexpr int count = 100'000;
    for (const int direction : {1, -1}) {
        timers_.clear();
        fired_.clear();
        for (int i = 0; i < count; ++i) {
            add(start + i * direction * 1ms);
        }
        EXPECT_EQ(heap_.size(), static_cast<std::size_t>(count));
        heap_.fire(never);
        ASSERT_EQ(fired_.size(), static_cast<std::size_t>(count));
        EXPECT_EQ(fired_.front(), direction > 0 ? 0 : count - 1);
        EXPECT_EQ(fired_.back(), direction > 0 ? count - 1 : 0);
    }
}

TEST_F(timers_test, allocate_nothing) {
    for (int i = 0; i < 100; ++i) {
        add(start + i * 1s);
    }
    fired_.reserve(100);
    const test::allocation_count count;
    for (int i = 0; i < 50; ++i) {
        heap_.remove(timers_[static_cast<std::size_t>(2 * i)]);
    }
    heap_.fire(never);
    EXPECT_EQ(count.so_far(), 0U);
}

TEST_F(timers_test, random_operations_agree_with_a_multimap) {
    const unsigned seed = test::random_seed();
    SCOPED_TRACE(test::seed_note(seed));
    std::mt19937 random(seed);
    const auto up_to = [&random](int most) {
        return std::uniform_int_distribution<int>(0, most)(random);
    };

    constexpr std::size_t timers = 500;
    std::multimap<time_point, int> model; // equal keys stay in the order of insertion
    const auto in_model = [&model](const numbered_timer& t) {
        auto [at, end] = model.equal_range(t.when());
        while (at != end && at->second != t.number()) {
            ++at;
        }
        return at;
    };
    for (std::size_t i = 0; i < timers; ++i) {
        timers_.emplace_back(static_cast<int>(i), fired_);
    }

    time_point now = start;
    for (std::size_t step = 0; step < test::rounds(300'000); ++step) {
        auto& t = timers_[static_cast<std::size_t>(up_to(timers - 1))];
        if (up_to(99) < 3) {
            now += std::chrono::milliseconds(up_to(40));
            fired_.clear();
            heap_.fire(now);
            std::vector<int> expected;
            while (!model.empty() && model.begin()->first <= now) {
                expected.push_back(model.begin()->second);
                model.erase(model.begin());
            }
            ASSERT_EQ(fired_, expected) << "step " << step;
        } else if (t.armed()) {
            model.erase(in_model(t));
            heap_.remove(t);
        } else {
            const time_point when = now + std::chrono::milliseconds(up_to(50)); // many ties
            heap_.add(t, when);
            model.emplace(when, t.number());
        }
        ASSERT_EQ(heap_.size(), model.size()) << "step " << step;
        ASSERT_EQ(heap_.next(), model.empty() ? never : model.begin()->first) << "step " << step;
    }
    heap_.fire(never);
}

} // namespace
} // namespace weft::fibers
