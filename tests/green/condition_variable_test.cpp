// SPDX-License-Identifier: BSL-1.0
//
// The green condition variables: who is notified, that the lock is held again whatever ended the
// wait, and that no notification is lost.
#include "tests/support/api_settle.hpp"
#include "tests/support/green.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

template <class Condition>
class green_condition : public green_fixture {};
using conditions = testing::Types<green::condition_variable, green::condition_variable_any>;
TYPED_TEST_SUITE(green_condition, conditions);
using green_condition_any = green_fixture;

// A condition variable, its mutex, and tasks that wait there.
template <class Condition>
struct place {
    green::mutex mutex;
    Condition condition;
    std::string woken;

    task<void> waiter(char name) {
        return spawn({.eager = true}, [this, name] {
            std::unique_lock lock(mutex);
            condition.wait(lock);
            EXPECT_TRUE(lock.owns_lock());
            EXPECT_FALSE(mutex.try_lock());
            woken += name;
        });
    }
};

TYPED_TEST(green_condition, notify_one_wakes_the_longest_waiting_one) {
    const unshuffled order;
    in_virtual_time([] {
        place<TypeParam> p;
        p.condition.notify_one(); // nobody: is not kept
        p.condition.notify_all();
        std::vector<task<void>> tasks;
        for (const char name : {'a', 'b', 'c'}) {
            tasks.push_back(p.waiter(name));
        }
        settle();
        EXPECT_EQ(p.woken, "");
        p.condition.notify_one();
        settle();
        EXPECT_EQ(p.woken, "a");
        p.condition.notify_all();
        settle();
        EXPECT_EQ(p.woken, "abc");
        gather(tasks);
    });
}

TYPED_TEST(green_condition, a_wait_ends_with_its_time_and_holds_the_lock) {
    in_virtual_time([] {
        green::mutex m;
        TypeParam c;
        std::unique_lock lock(m);
        auto begin = loop_time();
        EXPECT_EQ(c.wait_for(lock, 5ms), std::cv_status::timeout);
        EXPECT_EQ(loop_time() - begin, 5ms);
        EXPECT_EQ(c.wait_until(lock, loop_time() + 1ms), std::cv_status::timeout);
        EXPECT_FALSE(c.wait_for(lock, 1ms, [] { return false; }));
        EXPECT_FALSE(c.wait_until(lock, loop_time() + 1ms, [] { return false; }));
        EXPECT_TRUE(c.wait_for(lock, 1h, [] { return true; }));
        EXPECT_EQ(loop_time() - begin, 8ms);
        EXPECT_FALSE(
            c.wait_until(lock, std::chrono::system_clock::now() + 1ms, [] { return false; }));
        begin = loop_time();
        EXPECT_EQ(c.wait_for(lock, -1s), std::cv_status::timeout);
        EXPECT_EQ(loop_time(), begin);
        EXPECT_TRUE(lock.owns_lock());
        auto notifier = spawn([&] {
            const std::lock_guard guard(m);
            c.notify_all();
        });
        EXPECT_EQ(c.wait_for(lock, std::chrono::hours::max()), std::cv_status::no_timeout);
        lock.unlock();
        notifier.get();
    });
}

TYPED_TEST(green_condition, a_cancel_comes_out_with_the_lock_held) {
    in_virtual_time([] {
        green::mutex m;
        TypeParam c;
        auto waiter = spawn({.eager = true}, [&] {
            std::unique_lock lock(m);
            try {
                c.wait(lock);
            } catch (const cancelled&) {
                EXPECT_TRUE(lock.owns_lock());
                lock.unlock(); // throws when it is not held
                throw;
            }
        });
        m.lock(); // the waiter has to wait for it, cancelled as it is
        waiter.cancel();
        settle();
        EXPECT_FALSE(waiter.done());
        waiter.cancel();
        m.unlock();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
    });
}

TYPED_TEST(green_condition, a_notification_that_meets_a_cancel_goes_to_the_next) {
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([&] {
            place<TypeParam> p;
            auto first = p.waiter('a');
            auto second = p.waiter('b');
            if (cancel_first) {
                first.cancel();
                p.condition.notify_one();
            } else {
                p.condition.notify_one();
                first.cancel();
            }
            second.get();
            first.wait();
            EXPECT_TRUE(first.cancelled());
            EXPECT_EQ(p.woken, "b");
        });
    }
}

TYPED_TEST(green_condition, may_be_destroyed_once_all_are_notified) {
    in_virtual_time([] {
        green::mutex m;
        auto c = std::make_unique<TypeParam>();
        std::vector<task<void>> tasks;
        for (int i = 0; i < 3; ++i) {
            tasks.push_back(spawn({.eager = true}, [&] {
                std::unique_lock lock(m);
                c->wait(lock);
            }));
        }
        c->notify_all();
        tasks[1].cancel();
        c.reset();
        tasks[0].get();
        tasks[1].wait();
        tasks[2].get();
    });
}

TYPED_TEST(green_condition, cannot_wait_in_a_callback_and_keeps_the_lock_there) {
    in_virtual_time([] {
        green::mutex m;
        TypeParam c;
        in_a_callback([&] {
            std::unique_lock lock(m);
            EXPECT_THAT(text_of<not_in_task>([&] { c.wait(lock); }), HasSubstr("::wait"));
            EXPECT_EQ(c.wait_for(lock, 0s), std::cv_status::timeout);
            EXPECT_TRUE(lock.owns_lock());
            EXPECT_FALSE(m.try_lock());
        });
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TYPED_TEST(green_condition, works_between_a_task_and_a_thread) {
    green::mutex m;
    TypeParam c;
    int turn = 0;
    const auto play = [&](int me) {
        for (int i = 0; i < 200; ++i) {
            std::unique_lock lock(m);
            c.wait(lock, [&] { return turn == me; });
            turn = 1 - me;
            c.notify_one();
        }
    };
    std::thread other(play, 1);
    run([&] { play(0); });
    other.join();
    EXPECT_EQ(turn, 0);
}

TEST_F(green_condition_any, a_lock_that_is_not_held_is_an_error) {
    in_virtual_time([] {
        green::mutex m;
        green::condition_variable c;
        std::unique_lock lock(m, std::defer_lock);
        EXPECT_EQ(system_error_of([&] { c.wait(lock); }).first, std::errc::operation_not_permitted);
        lock.lock();
        spawn([&] {
            EXPECT_EQ(system_error_of([&] { c.wait(lock); }).first,
                      std::errc::operation_not_permitted)
                << "another's";
        }).get();
        green::condition_variable_any any;
        std::unique_lock other(m, std::defer_lock);
        EXPECT_EQ(system_error_of([&] { any.wait(other); }).first,
                  std::errc::operation_not_permitted);
    });
}

TEST_F(green_condition_any, takes_any_lock) {
    in_virtual_time([] {
        green::shared_mutex m;
        green::condition_variable_any c;
        bool go = false;
        auto reader = spawn({.eager = true}, [&] {
            std::shared_lock lock(m);
            c.wait(lock, [&] { return go; });
        });
        {
            const std::lock_guard guard(m);
            go = true;
        }
        c.notify_all();
        reader.get();
    });
}

TEST_F(green_condition_any, what_unlock_throws_comes_out_and_the_notification_goes_on) {
    in_virtual_time([] {
        struct refusing {
            green::condition_variable_any& notified;
            void lock() {}
            void unlock() {
                settle();
                notified.notify_one(); // this one, which came first
                throw std::runtime_error("not now");
            }
        };
        green::condition_variable_any c;
        green::mutex m;
        auto other = spawn([&] {
            std::unique_lock own(m);
            c.wait(own);
        });
        refusing lock{c};
        EXPECT_EQ(end_of([&] { c.wait(lock); }), "error: not now");
        other.get();
    });
}

TEST_F(green_condition_any, a_stop_request_ends_the_wait) {
    in_virtual_time([] {
        green::mutex m;
        green::condition_variable_any c;
        std::stop_source source;
        bool ready = false;
        std::vector<task<bool>> tasks;
        const auto start = [&](auto wait) {
            tasks.push_back(spawn({.eager = true}, [&, wait] {
                std::unique_lock lock(m);
                const bool met = wait(lock, [&] { return ready; });
                EXPECT_TRUE(lock.owns_lock());
                return met;
            }));
        };
        start([&](auto& lock, auto done) { return c.wait(lock, source.get_token(), done); });
        start(
            [&](auto& lock, auto done) { return c.wait_for(lock, source.get_token(), 1h, done); });
        start([&](auto& lock, auto done) {
            return c.wait_until(lock, source.get_token(), loop_time() + 1h, done);
        });
        start(
            [&](auto& lock, auto done) { return c.wait_for(lock, source.get_token(), 1ms, done); });
        EXPECT_FALSE(tasks[3].get()) << "its time came first";
        source.request_stop();
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_FALSE(tasks[i].get());
        }
        std::unique_lock lock(m);
        EXPECT_FALSE(c.wait(lock, source.get_token(), [&] { return ready; })) << "at once";
        ready = true;
        EXPECT_TRUE(c.wait(lock, source.get_token(), [&] { return ready; }));
    });
}

TEST_F(green_condition_any, a_stop_request_of_another_thread_is_not_missed) {
    for (int round = 0; round < 100; ++round) {
        std::stop_source source;
        std::atomic<bool> go = false;
        std::thread other([&] {
            while (!go) {
            }
            source.request_stop();
        });
        run([&] {
            green::mutex m;
            green::condition_variable_any c;
            std::unique_lock lock(m);
            go = true;
            EXPECT_FALSE(c.wait(lock, source.get_token(), [] { return false; }));
        });
        other.join();
    }
}

} // namespace
} // namespace weft::test
