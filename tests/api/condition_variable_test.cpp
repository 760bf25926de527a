// SPDX-License-Identifier: BSL-1.0
//
// condition_variable: always back with the lock, no notification lost. Waiting and cancelling as
// everywhere is in wait_points_test.cpp.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using condition_variable_test = api_test;
using condition_variable_Death = api_test;
using testing::AllOf;
using testing::HasSubstr;

struct world {
    mutex m;
    condition_variable c;
    int woken = 0;
    // A task that waits once and holds the lock for a turn afterwards.
    task<void> waiter() {
        return spawn([this] {
            std::unique_lock lock(m);
            const at_scope_end checks([&] { EXPECT_TRUE(lock.owns_lock()); });
            c.wait(lock);
            ++woken;
            yield();
        });
    }
};

TEST_F(condition_variable_test, wait_gives_the_mutex_up_and_comes_back_with_it) {
    const unshuffled order;
    in_virtual_time([] {
        world w;
        auto t = w.waiter();
        yield();
        EXPECT_TRUE(w.m.try_lock());
        w.c.notify_one();
        yield_times(3);
        EXPECT_EQ(w.woken, 0) << "it needs the mutex";
        w.m.unlock();
        yield();
        EXPECT_EQ(w.woken, 1);
        EXPECT_FALSE(w.m.try_lock());
        t.get();
        EXPECT_TRUE(w.m.try_lock());
    });
}

TEST_F(condition_variable_test, notify_one_wakes_one_and_notify_all_wakes_all) {
    in_virtual_time([] {
        world w;
        w.c.notify_one(); // nobody: nothing is kept
        w.c.notify_all();
        std::vector<task<void>> tasks;
        for (int i = 0; i < 5; ++i) {
            tasks.push_back(w.waiter());
        }
        settle();
        w.c.notify_one();
        settle();
        EXPECT_EQ(w.woken, 1);
        w.c.notify_all();
        settle();
        EXPECT_EQ(w.woken, 5);
        for (auto& t : tasks) {
            t.get();
        }
    });
}

TEST_F(condition_variable_test, a_predicate_that_holds_costs_nothing_not_even_the_lock) {
    in_virtual_time([] {
        world w;
        std::unique_lock lock(w.m, std::defer_lock);
        w.c.wait(lock, [] { return true; });
        EXPECT_TRUE(w.c.wait_for(lock, 0s, [] { return true; }));
        EXPECT_TRUE(w.c.wait_until(lock, clock::time_point::min(), [] { return true; }));
    });
}

TEST_F(condition_variable_test, a_predicate_is_asked_with_the_lock_after_each_notification) {
    const unshuffled order;
    in_virtual_time([] {
        world w;
        int value = 0;
        int asked = 0;
        auto t = spawn([&] {
            std::unique_lock lock(w.m);
            w.c.wait(lock, [&] {
                ++asked;
                EXPECT_TRUE(lock.owns_lock());
                EXPECT_FALSE(spawn({.eager = true}, [&] { return w.m.try_lock(); }).get());
                return value == 3;
            });
        });
        yield();
        for (int i = 1; i <= 3; ++i) {
            value = i;
            w.c.notify_one();
            sleep_for(1ms);
        }
        t.get();
        EXPECT_EQ(asked, 4);
    });
}

TEST_F(condition_variable_test, what_the_predicate_throws_leaves_with_the_lock_held) {
    in_virtual_time([] {
        world w;
        std::unique_lock lock(w.m);
        EXPECT_EQ(end_of([&] { w.c.wait(lock, []() -> bool { throw std::runtime_error("x"); }); }),
                  "error: x");
        EXPECT_THROW(w.m.lock(), std::system_error) << "held";
    });
}

TEST_F(condition_variable_test, timed_waits_say_how_they_ended) {
    in_virtual_time([] {
        world w;
        std::unique_lock lock(w.m);
        EXPECT_EQ(w.c.wait_for(lock, 1s), std::cv_status::timeout);
        EXPECT_EQ(w.c.wait_until(lock, clock::time_point::min()), std::cv_status::timeout);
        EXPECT_FALSE(w.c.wait_for(lock, 1s, [] { return false; }));
        int asked = 0;
        EXPECT_TRUE(w.c.wait_for(lock, 1s, [&] { return ++asked == 2; })) << "asked at the end";
        auto notifier = spawn([&] {
            sleep_for(1s);
            w.c.notify_one();
        });
        EXPECT_EQ(w.c.wait_for(lock, 2s), std::cv_status::no_timeout);
        notifier.get();
    });
}

TEST_F(condition_variable_test,
       a_deadline_that_comes_while_the_mutex_is_taken_back_changes_nothing) {
    const unshuffled order;
    in_virtual_time([] {
        world w;
        std::cv_status status{};
        auto t = spawn([&] {
            std::unique_lock lock(w.m);
            status = w.c.wait_for(lock, 1s);
        });
        yield();
        w.m.lock();
        w.c.notify_one();
        sleep_for(1h);
        EXPECT_FALSE(t.done());
        w.m.unlock();
        t.get();
        EXPECT_EQ(status, std::cv_status::no_timeout);
    });
}

TEST_F(condition_variable_test, a_wait_costs_a_turn_even_when_its_time_is_over) {
    in_virtual_time([] {
        world w;
        bool ran = false;
        auto other = spawn([&] { ran = true; });
        std::unique_lock lock(w.m);
        w.c.wait_for(lock, 0s);
        EXPECT_TRUE(ran);
        other.get();
    });
}

TEST_F(condition_variable_test, without_the_lock_it_is_an_error) {
    in_virtual_time([] {
        world w;
        const auto refuses = [&](std::unique_lock<mutex>& lock) {
            try {
                w.c.wait(lock);
                ADD_FAILURE() << "nothing was thrown";
            } catch (const std::system_error& e) {
                EXPECT_EQ(e.code(), std::errc::operation_not_permitted);
                EXPECT_THAT(e.what(), AllOf(HasSubstr("weft::condition_variable::wait"),
                                            HasSubstr("lock it first")));
            }
        };
        std::unique_lock<mutex> none;
        refuses(none);
        std::unique_lock open(w.m, std::defer_lock);
        refuses(open);
        std::unique_lock held(w.m);
        spawn([&] { refuses(held); }).get(); // another task's
        std::unique_lock pretended(w.m, std::adopt_lock);
        spawn([&] { refuses(pretended); }).get();
        pretended.release();
        EXPECT_THROW(w.c.wait_for(open, 1s), std::system_error);
    });
}

TEST_F(condition_variable_test, notifying_works_in_callbacks_and_not_on_other_threads) {
    in_virtual_time([] {
        world w;
        auto t = w.waiter();
        settle();
        on_another_thread([&] {
            EXPECT_THROW(w.c.notify_one(), wrong_loop);
            EXPECT_THROW(w.c.notify_all(), wrong_loop);
        });
        in_a_callback([&] { w.c.notify_one(); });
        t.get();
    });
}

// --- cancels ---

TEST_F(condition_variable_test, a_cancel_is_thrown_with_the_mutex_held) {
    in_virtual_time([] {
        world w;
        auto t = w.waiter();
        settle();
        w.m.lock();
        t.cancel("enough");
        settle();
        EXPECT_FALSE(t.done()) << "it takes the mutex back first";
        w.m.unlock();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: enough");
        EXPECT_TRUE(w.m.try_lock());
    });
}

TEST_F(condition_variable_test,
       a_cancel_while_the_mutex_is_taken_back_comes_after_it_and_wakes_another) {
    in_virtual_time([] {
        world w;
        auto first = w.waiter();
        settle();
        auto second = w.waiter();
        settle();
        w.m.lock();
        w.c.notify_one();
        settle(); // now the first wants the mutex
        first.cancel("late");
        settle();
        EXPECT_FALSE(first.done());
        w.m.unlock();
        EXPECT_EQ(end_of([&] { first.get(); }), "cancelled: late");
        second.get();
        EXPECT_EQ(w.woken, 1);
    });
}

TEST_F(condition_variable_test, several_cancels_are_one_with_the_last_message) {
    in_virtual_time([] {
        world w;
        auto t = spawn([&] {
            std::unique_lock lock(w.m);
            EXPECT_EQ(end_of([&] { w.c.wait(lock); }), "cancelled: second");
            settle(); // no cancel is left
        });
        settle();
        w.m.lock();
        t.cancel("first");
        settle();
        t.cancel("second");
        settle();
        w.m.unlock();
        t.get();
    });
}

TEST_F(condition_variable_test, may_be_destroyed_when_all_have_been_notified) {
    in_virtual_time([] {
        mutex m;
        auto c = std::make_unique<condition_variable>();
        std::vector<task<void>> tasks;
        for (int i = 0; i < 3; ++i) {
            tasks.push_back(spawn([&] {
                std::unique_lock lock(m);
                c->wait(lock);
            }));
        }
        settle();
        c->notify_all();
        tasks[1].cancel(); // would pass its notification on
        c.reset();
        tasks[0].get();
        EXPECT_EQ(end_of([&] { tasks[1].get(); }), "cancelled");
        tasks[2].get();
        EXPECT_TRUE(m.try_lock());
    });
}

TEST_F(condition_variable_test, a_bounded_buffer_of_mutex_and_conditions_is_cancelled_everywhere) {
    const unshuffled order; // in turns the body gets its share, else the other may take it all
    EXPECT_GT(cancel_at_every_turn([](cancel_attempt& attempt) {
                  mutex m;
                  condition_variable not_full;
                  condition_variable not_empty;
                  std::vector<int> buffer;
                  int put = 0;
                  int got = 0;
                  const auto puts = [&](int count) {
                      for (int i = 0; i < count; ++i) {
                          std::unique_lock lock(m);
                          not_full.wait(lock, [&] { return buffer.size() < 2; });
                          buffer.push_back(i);
                          ++put;
                          not_empty.notify_one();
                      }
                  };
                  const auto gets = [&](int count) {
                      for (int i = 0; i < count; ++i) {
                          std::unique_lock lock(m);
                          not_empty.wait(lock, [&] { return !buffer.empty(); });
                          buffer.pop_back();
                          ++got;
                          not_full.notify_one();
                          lock.unlock();
                          yield();
                      }
                  };
                  auto producer = spawn(puts, 10);
                  auto consumer = spawn(gets, 100);
                  attempt.run([&] { gets(4); });
                  producer.get();
                  while (got < put) {
                      sleep_for(1ms);
                  }
                  consumer.cancel();
                  consumer.wait();
                  EXPECT_EQ(put, 10);
                  EXPECT_EQ(got, 10);
                  EXPECT_TRUE(m.try_lock());
              }),
              3);
}

TEST_F(condition_variable_test, taking_the_mutex_back_allocates_nothing) {
    in_virtual_time([] {
        world w;
        const auto round = [&](bool counted) {
            auto t = w.waiter();
            settle();
            const failing_new none(counted ? 1 : 0);
            w.m.lock();
            w.c.notify_one();
            settle();
            w.m.unlock();
            settle();
            EXPECT_TRUE(t.done());
            EXPECT_FALSE(none.struck());
        };
        round(false);
        round(true);
    });
}

TEST_F(condition_variable_Death, destroyed_with_its_mutex_on_the_way_to_a_waiter) {
    EXPECT_DEATH(run([] {
                     auto w = std::make_unique<world>();
                     auto t = w->waiter();
                     yield();
                     w->m.lock();
                     w->c.notify_one();
                     yield();
                     w->m.unlock();
                     w.reset();
                 }),
                 "weft::mutex.*destroyed while a task waits for it");
}

} // namespace
} // namespace weft::test
