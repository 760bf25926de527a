// SPDX-License-Identifier: BSL-1.0
//
// mutex: who holds it, and what it says to who does not. Waiting and cancelling as everywhere is in
// wait_points_test.cpp.
#include "tests/support/api_fixture.hpp"
#include "tests/support/lock_exclusion.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <mutex>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using mutex_test = api_test;
using testing::AllOf;
using testing::HasSubstr;

// The code and text of the std::system_error that f throws.
template <class F>
std::pair<std::errc, std::string> lock_error_of(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        return {static_cast<std::errc>(e.code().value()), e.what()};
    }
    return {};
}

TEST_F(mutex_test, only_one_task_is_inside) {
    in_virtual_time([] { expect_one_task_inside_at_a_time<mutex>(); });
}

TEST_F(mutex_test, works_with_the_locks_of_std) {
    in_virtual_time([] {
        mutex a;
        mutex b;
        {
            const std::scoped_lock both(a, b);
            EXPECT_FALSE(spawn([&] { return a.try_lock() || b.try_lock(); }).get());
        }
        auto other = spawn([&] {
            for (int i = 0; i < 10; ++i) {
                const std::scoped_lock both(b, a);
                yield();
            }
        });
        for (int i = 0; i < 10; ++i) {
            const std::scoped_lock both(a, b);
            yield();
        }
        other.get();
        std::unique_lock lock(a, std::try_to_lock);
        EXPECT_TRUE(lock.owns_lock());
        lock.unlock();
        EXPECT_TRUE(lock.try_lock_for(1s));
        std::unique_lock timed(b, 1s);
        EXPECT_TRUE(timed.owns_lock());
    });
}

TEST_F(mutex_test, is_handed_to_the_waiter_at_once_so_nobody_overtakes) {
    const unshuffled order;
    in_virtual_time([] {
        mutex m;
        m.lock();
        std::string order;
        auto waiter = spawn([&] {
            const std::lock_guard guard(m);
            order += "waiter ";
        });
        yield();
        m.unlock();
        EXPECT_FALSE(m.try_lock());
        EXPECT_FALSE(m.try_lock_for(0s));
        EXPECT_TRUE(spawn({.eager = true}, [&] { return !m.try_lock(); }).get());
        m.lock();
        order += "main";
        EXPECT_EQ(order, "waiter main");
        m.unlock();
        waiter.get();
    });
}

TEST_F(mutex_test, relock_by_the_holder_is_an_error) {
    in_virtual_time([] {
        mutex m;
        m.lock();
        auto [code, text] = lock_error_of([&] { m.lock(); });
        EXPECT_EQ(code, std::errc::resource_deadlock_would_occur);
        EXPECT_THAT(text, AllOf(HasSubstr("weft::mutex::lock"), HasSubstr("'main'"),
                                HasSubstr("Unlock it first")));
        std::tie(code, text) = lock_error_of([&] { m.try_lock_for(1h); });
        EXPECT_EQ(code, std::errc::resource_deadlock_would_occur);
        EXPECT_THAT(text, HasSubstr("weft::mutex::try_lock_for"));
        EXPECT_FALSE(m.try_lock());
        m.unlock();
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(mutex_test, unlock_by_who_does_not_hold_it_is_an_error) {
    in_virtual_time([] {
        mutex m;
        std::errc code{};
        std::string text;
        std::tie(code, text) = lock_error_of([&] { m.unlock(); });
        EXPECT_EQ(code, std::errc::operation_not_permitted);
        EXPECT_THAT(text, AllOf(HasSubstr("weft::mutex::unlock"), HasSubstr("nobody does")));
        m.lock();
        const auto fails = [&] {
            std::tie(code, text) = lock_error_of([&] { m.unlock(); });
            EXPECT_EQ(code, std::errc::operation_not_permitted);
            EXPECT_THAT(text, HasSubstr("task 'main' does"));
        };
        spawn(fails).get();
        in_a_callback(fails);
        EXPECT_FALSE(spawn([&] { return m.try_lock(); }).get()) << "it is still locked";
        m.unlock();
    });
}

TEST_F(mutex_test, unlock_between_the_hand_over_and_the_waiters_turn_is_an_error) {
    in_virtual_time([] {
        mutex m;
        m.lock();
        auto waiter = spawn([&] {
            m.lock();
            yield();
            m.unlock();
        });
        yield();
        m.unlock();
        EXPECT_EQ(lock_error_of([&] { m.unlock(); }).first, std::errc::operation_not_permitted);
        waiter.get();
    });
}

TEST_F(mutex_test, a_task_that_ended_with_it_is_not_mistaken_for_a_new_one) {
    in_virtual_time([] {
        mutex m;
        spawn([&] { m.lock(); }).get();
        for (int i = 0; i < 10; ++i) { // their memory is the ended one's
            const std::string text =
                spawn([&] { return lock_error_of([&] { m.unlock(); }).second; }).get();
            EXPECT_THAT(text, HasSubstr("a task that has ended does"));
        }
    });
}

TEST_F(mutex_test, try_lock_has_no_holder_in_a_callback_or_outside_run) {
    mutex m;
    EXPECT_THAT(text_of<no_running_loop>([&] { m.try_lock(); }),
                HasSubstr("weft::mutex::try_lock"));
    in_virtual_time([&] {
        in_a_callback([&] {
            EXPECT_THAT(text_of<not_in_task>([&] { m.try_lock(); }),
                        HasSubstr("weft::mutex::try_lock"));
        });
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(mutex_test, another_threads_loop_gets_wrong_loop_and_changes_nothing) {
    in_virtual_time([] {
        mutex m;
        m.lock();
        on_another_thread([&] {
            run([&] {
                EXPECT_THROW(m.lock(), wrong_loop);
                EXPECT_THROW(m.try_lock(), wrong_loop);
                EXPECT_THROW(m.try_lock_for(1s), wrong_loop);
                EXPECT_THROW(m.unlock(), wrong_loop);
            });
        });
        m.unlock();
    });
}

TEST_F(mutex_test, one_made_before_run_serves_several_runs_of_its_thread) {
    mutex m;
    for (int i = 0; i < 2; ++i) {
        run([&] { const std::lock_guard guard(m); });
    }
}

TEST_F(mutex_test, an_unlock_in_a_destructor_during_unwinding_hands_over) {
    in_virtual_time([] {
        mutex m;
        auto holder = spawn({.eager = true}, [&] {
            const std::lock_guard guard(m);
            sleep_for(1h);
        });
        auto waiter = spawn([&] { const std::lock_guard guard(m); });
        yield();
        holder.cancel();
        waiter.get();
        EXPECT_TRUE(holder.cancelled());
    });
}

} // namespace
} // namespace weft::test
