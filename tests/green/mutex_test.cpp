// SPDX-License-Identifier: BSL-1.0
//
// What all green mutexes have in common, as exclusive locks: who holds them, who comes next, what
// they say to who does not hold them.
#include "tests/support/api_settle.hpp"
#include "tests/support/green.hpp"
#include "tests/support/lock_exclusion.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

template <class Mutex>
class green_mutex : public green_fixture {};
template <class Mutex>
class green_plain_mutex : public green_fixture {};
template <class Mutex>
class green_recursive_mutex : public green_fixture {};

using all_mutexes =
    testing::Types<green::mutex, green::timed_mutex, green::recursive_mutex,
                   green::recursive_timed_mutex, green::shared_mutex, green::shared_timed_mutex>;
using plain_mutexes = testing::Types<green::mutex, green::timed_mutex, green::shared_mutex,
                                     green::shared_timed_mutex>;
using recursive_mutexes = testing::Types<green::recursive_mutex, green::recursive_timed_mutex>;

TYPED_TEST_SUITE(green_mutex, all_mutexes);
TYPED_TEST_SUITE(green_plain_mutex, plain_mutexes);
TYPED_TEST_SUITE(green_recursive_mutex, recursive_mutexes);

// --- all of them ---

TYPED_TEST(green_mutex, is_constant_initialized) {
    static constinit TypeParam m;
    EXPECT_TRUE(m.try_lock());
    m.unlock();
}

TYPED_TEST(green_mutex, only_one_task_is_inside) {
    in_virtual_time([] { expect_one_task_inside_at_a_time<TypeParam>(); });
}

TYPED_TEST(green_mutex, goes_to_the_waiters_in_the_order_of_coming) {
    const unshuffled in_order;
    in_virtual_time([] {
        TypeParam m;
        m.lock();
        std::string order;
        std::vector<task<void>> tasks;
        for (const char name : {'a', 'b', 'c'}) {
            tasks.push_back(spawn({.eager = true}, [&, name] {
                const std::lock_guard guard(m);
                order += name;
                yield();
            }));
        }
        m.unlock();
        gather(tasks);
        EXPECT_EQ(order, "abc");
    });
}

TYPED_TEST(green_mutex, is_handed_to_a_waiter_that_was_overtaken_once) {
    in_virtual_time([] {
        TypeParam m;
        m.lock();
        bool had_it = false;
        auto waiter = spawn({.eager = true}, [&] {
            const std::lock_guard guard(m);
            had_it = true;
        });
        m.unlock();
        m.lock(); // it was woken, and has not come yet
        settle();
        EXPECT_FALSE(had_it);
        m.unlock();
        EXPECT_FALSE(m.try_lock()) << "it is the other's already";
        waiter.get();
        EXPECT_TRUE(had_it);
    });
}

TYPED_TEST(green_mutex, two_locked_at_once_by_many_are_not_handed_round_for_ever) {
    in_virtual_time([] {
        TypeParam a;
        TypeParam b;
        int passed = 0;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 8; ++i) {
            tasks.push_back(spawn([&, i] {
                for (int round = 0; round < 20; ++round) {
                    const std::scoped_lock both(i % 2 == 0 ? a : b, i % 2 == 0 ? b : a);
                    yield();
                    ++passed;
                }
            }));
        }
        for (int turns = 0; passed < 160; ++turns) {
            yield();
            ASSERT_LT(turns, 100'000) << passed;
        }
        gather(tasks);
    });
}

TYPED_TEST(green_mutex, unlock_by_who_does_not_hold_it_is_an_error) {
    in_virtual_time([] {
        TypeParam m;
        auto [code, text] = system_error_of([&] { m.unlock(); });
        EXPECT_EQ(code, std::errc::operation_not_permitted);
        EXPECT_THAT(text, AllOf(HasSubstr("weft::green::"), HasSubstr("nobody does")));
        m.lock();
        const auto fails = [&, who = std::string("task 'main' does")] {
            const auto [other_code, other_text] = system_error_of([&] { m.unlock(); });
            EXPECT_EQ(other_code, std::errc::operation_not_permitted);
            EXPECT_THAT(other_text, HasSubstr(who));
        };
        spawn(fails).get();
        in_a_callback(fails);
        on_a_plain_thread([&] {
            EXPECT_EQ(system_error_of([&] { m.unlock(); }).first,
                      std::errc::operation_not_permitted);
        });
        EXPECT_FALSE(spawn([&] { return m.try_lock(); }).get()) << "it is still locked";
        m.unlock();
    });
}

TYPED_TEST(green_mutex, a_callback_may_lock_what_is_free_but_not_wait) {
    in_virtual_time([] {
        TypeParam m;
        in_a_callback([&] { const std::lock_guard guard(m); });
        m.lock();
        in_a_callback([&] {
            EXPECT_FALSE(m.try_lock());
            EXPECT_THAT(text_of<not_in_task>([&] { m.lock(); }), HasSubstr("weft::green::"));
        });
        m.unlock();
    });
}

TYPED_TEST(green_mutex, serves_plain_threads_before_beside_and_after_a_loop) {
    TypeParam m;
    const auto pass = [&] { const std::lock_guard guard(m); };
    pass();
    run([&] {
        pass();
        on_a_plain_thread(pass);
        m.lock();
        on_a_plain_thread([&] { EXPECT_FALSE(m.try_lock()); });
        m.unlock();
    });
    pass();
}

TYPED_TEST(green_mutex, a_thread_that_waits_is_not_kept_out_by_tasks_that_come_again_and_again) {
    TypeParam m;
    std::atomic<bool> had_it = false;
    std::atomic<bool> there = false;
    std::thread outside;
    run([&] {
        m.lock();
        outside = std::thread([&] {
            there = true;
            const std::lock_guard guard(m);
            had_it = true;
        });
        while (!there || !detail::anyone_parked()) {
            yield();
        }
        for (int rounds = 0; !had_it; ++rounds) { // the lock is free for some nanoseconds only
            m.unlock();
            m.lock();
            ASSERT_LT(rounds, 100'000'000);
        }
        m.unlock();
    });
    outside.join();
}

TYPED_TEST(green_mutex, an_unlock_in_a_destructor_during_unwinding_hands_over) {
    in_virtual_time([] {
        TypeParam m;
        auto holder = spawn({.eager = true}, [&] {
            const std::lock_guard guard(m);
            sleep_for(1h);
        });
        auto waiter = spawn([&] { const std::lock_guard guard(m); });
        settle();
        holder.cancel();
        waiter.get();
        EXPECT_TRUE(holder.cancelled());
    });
}

TYPED_TEST(green_mutex, a_task_that_ended_with_it_is_not_mistaken_for_a_new_one) {
    in_virtual_time([] {
        TypeParam m;
        spawn([&] { m.lock(); }).get();
        for (int i = 0; i < 10; ++i) { // their memory is the ended one's
            EXPECT_THAT(spawn([&] { return system_error_of([&] { m.unlock(); }).second; }).get(),
                        HasSubstr("one that has ended"));
        }
    });
}

TYPED_TEST(green_mutex, stress_tasks_of_two_loops_and_two_threads) {
    TypeParam m;
    int inside = 0;
    long passed = 0;
    const auto pass = [&] {
        for (int i = 0; i < 500; ++i) {
            const std::lock_guard guard(m);
            EXPECT_EQ(++inside, 1);
            if (i % 16 == 0) {
                green::this_thread::yield();
            }
            --inside;
            ++passed;
        }
    };
    const auto loop = [&] {
        run([&] {
            std::vector<green::thread> threads;
            for (int i = 0; i < 4; ++i) {
                threads.emplace_back(pass);
            }
            for (auto& t : threads) {
                t.join();
            }
        });
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back(pass);
        threads.emplace_back(loop);
    }
    for (auto& t : threads) {
        t.join();
    }
    EXPECT_EQ(passed, 10 * 500);
}

// --- those that are not recursive ---

TYPED_TEST(green_plain_mutex, relock_by_the_holder_is_an_error) {
    const auto check = [](const std::string& who) {
        TypeParam m;
        m.lock();
        const auto [code, text] = system_error_of([&] { m.lock(); });
        EXPECT_EQ(code, std::errc::resource_deadlock_would_occur);
        EXPECT_THAT(text, AllOf(HasSubstr("weft::green::"), HasSubstr("::lock"), HasSubstr(who),
                                HasSubstr("Unlock it first")));
        EXPECT_FALSE(m.try_lock());
        m.unlock();
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    };
    in_virtual_time([&] { check("task 'main'"); });
    check("this thread");
}

// --- those that are ---

TYPED_TEST(green_recursive_mutex, is_free_when_it_was_unlocked_as_often_as_locked) {
    in_virtual_time([] {
        TypeParam m;
        const auto is_free = [&] {
            return spawn([&] {
                       const bool free = m.try_lock();
                       if (free) {
                           m.unlock();
                       }
                       return free;
                   })
                .get();
        };
        m.lock();
        EXPECT_TRUE(m.try_lock());
        m.lock();
        m.unlock();
        m.unlock();
        EXPECT_FALSE(is_free());
        m.unlock();
        EXPECT_TRUE(is_free());
        EXPECT_EQ(system_error_of([&] { m.unlock(); }).first, std::errc::operation_not_permitted);
    });
}

TYPED_TEST(green_recursive_mutex, another_task_of_the_same_thread_is_another_owner) {
    in_virtual_time([] {
        TypeParam m;
        m.lock();
        bool inside = false;
        auto other = spawn([&] {
            const std::lock_guard guard(m);
            inside = true;
        });
        settle();
        EXPECT_FALSE(inside);
        m.unlock();
        other.get();
    });
}

} // namespace
} // namespace weft::test
