// SPDX-License-Identifier: BSL-1.0
//
// semaphore, bounded_semaphore, permit. Waiting and cancelling as everywhere is in
// wait_points_test.cpp.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using semaphore_test = api_test;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(semaphore_test, counts) {
    semaphore s(2); // needs no loop
    EXPECT_EQ(s.value(), 2);
    EXPECT_FALSE(s.locked());
    s.acquire();
    EXPECT_TRUE(s.try_acquire());
    EXPECT_EQ(s.value(), 0);
    EXPECT_TRUE(s.locked());
    EXPECT_FALSE(s.try_acquire());
    EXPECT_FALSE(s.try_acquire_for(0s));
    s.release(3);
    s.release(0);
    EXPECT_EQ(s.value(), 3);
    EXPECT_TRUE(s.try_acquire_for(1h));
    EXPECT_TRUE(s.try_acquire_until(clock::time_point::min()));
    EXPECT_TRUE(semaphore(0).locked());
}

TEST_F(semaphore_test, limits_how_many_are_inside) {
    in_virtual_time([] {
        semaphore s(3);
        int inside = 0;
        int most = 0;
        std::vector<task<void>> tasks;
        for (int i = 0; i < 10; ++i) {
            tasks.push_back(spawn([&] {
                const permit held{s};
                most = std::max(most, ++inside);
                sleep_for(1s);
                --inside;
            }));
        }
        for (auto& t : tasks) {
            t.get();
        }
        EXPECT_EQ(most, 3);
        EXPECT_EQ(s.value(), 3);
    });
}

TEST_F(semaphore_test, release_hands_over_so_nobody_overtakes) {
    const unshuffled order;
    in_virtual_time([] {
        semaphore s(0);
        std::string order;
        const auto waits = [&](char name) {
            return spawn([&, name] {
                s.acquire();
                order += name;
            });
        };
        auto a = waits('a');
        auto b = waits('b');
        yield();
        s.release();
        EXPECT_FALSE(s.try_acquire());
        EXPECT_EQ(s.value(), 0);
        EXPECT_TRUE(s.locked());
        auto c = waits('c');
        s.release(2);
        EXPECT_EQ(s.value(), 1) << "two were for waiters, one is free";
        EXPECT_TRUE(s.try_acquire());
        yield_times(2);
        EXPECT_EQ(order, "ab");
        s.release();
        c.get();
        a.get();
        b.get();
        EXPECT_EQ(order, "abc");
    });
}

TEST_F(semaphore_test, release_of_several_serves_several) {
    in_virtual_time([] {
        semaphore s(0);
        std::vector<task<void>> tasks;
        for (int i = 0; i < 3; ++i) {
            tasks.push_back(spawn([&] { s.acquire(); }));
        }
        settle();
        tasks[1].cancel(); // it is passed over
        s.release(3);
        tasks[0].get();
        tasks[2].get();
        EXPECT_TRUE(tasks[1].cancelled());
        EXPECT_EQ(s.value(), 1);
    });
}

TEST_F(semaphore_test, bad_numbers_are_refused_and_change_nothing) {
    EXPECT_THAT(text_of<std::invalid_argument>([] { semaphore(-1); }),
                AllOf(HasSubstr("weft::semaphore"), HasSubstr("-1")));
    EXPECT_THROW(bounded_semaphore(-5), std::invalid_argument);
    semaphore s(1);
    EXPECT_THAT(text_of<std::invalid_argument>([&] { s.release(-1); }),
                HasSubstr("weft::semaphore::release"));
    EXPECT_THROW(s.release(semaphore::max()), std::invalid_argument);
    EXPECT_EQ(s.value(), 1);
}

TEST_F(semaphore_test, a_bounded_one_takes_no_permit_too_many) {
    in_virtual_time([] {
        bounded_semaphore s(2);
        EXPECT_THAT(text_of<std::invalid_argument>([&] { s.release(); }),
                    AllOf(HasSubstr("weft::semaphore::release"), HasSubstr("of at most 2")));
        s.acquire();
        EXPECT_THROW(s.release(2), std::invalid_argument);
        EXPECT_EQ(s.value(), 1);
        semaphore& base = s;
        base.release();
        EXPECT_THROW(base.release(), std::invalid_argument);
        // A permit on its way to a waiter is in use.
        s.acquire();
        s.acquire();
        auto t = spawn([&] { s.acquire(); });
        yield();
        s.release();
        s.release();
        EXPECT_THROW(s.release(2), std::invalid_argument);
        t.get();
        s.release();
        EXPECT_EQ(s.value(), 2);
    });
}

TEST_F(semaphore_test, a_permit_goes_back_once_whoever_holds_it) {
    in_virtual_time([] {
        bounded_semaphore s(2);
        permit none;
        EXPECT_FALSE(none);
        {
            permit a{s};
            EXPECT_TRUE(a);
            permit b(std::move(a));
            EXPECT_FALSE(a);
            EXPECT_EQ(s.value(), 1);
            permit c{s};
            c = std::move(b);
            EXPECT_EQ(s.value(), 1);
            c.release();
            c.release();
            EXPECT_EQ(s.value(), 2);
            EXPECT_TRUE(s.try_acquire());
            const permit adopted(s, std::adopt_lock);
        }
        EXPECT_EQ(s.value(), 2);
        spawn([&, held = permit{s}] { EXPECT_EQ(s.value(), 1); }).get();
        yield();
        EXPECT_EQ(s.value(), 2);
        EXPECT_EQ(end_of([&] {
                      const permit held{s};
                      throw std::runtime_error("x");
                  }),
                  "error: x");
        EXPECT_EQ(s.value(), 2);
    });
}

TEST_F(semaphore_test, releasing_works_in_callbacks_and_not_on_other_threads) {
    in_virtual_time([] {
        semaphore s(0);
        auto t = spawn([&] { s.acquire(); });
        settle();
        on_another_thread([&] {
            EXPECT_THROW(s.release(), wrong_loop);
            EXPECT_THROW(s.try_acquire(), wrong_loop);
            EXPECT_THROW(static_cast<void>(s.value()), wrong_loop);
            EXPECT_THROW(static_cast<void>(s.locked()), wrong_loop);
        });
        in_a_callback([&] { s.release(); });
        t.get();
    });
}

TEST_F(semaphore_test, permits_and_a_queue_are_cancelled_everywhere) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        bounded_semaphore s(2);
        queue<int> q(1);
        int put = 0;
        int got = 0;
        const auto works = [&] {
            for (int i = 0; i < 3; ++i) {
                const permit held{s};
                q.put(i);
                ++put;
                yield();
                got += q.get() >= 0 ? 1 : 0;
            }
        };
        auto a = spawn(works);
        auto b = spawn([&] {
            yield();
            works();
        });
        attempt.run(works);
        yield_times(30);
        while (q.try_get()) {
            ++got;
            yield_times(30);
        }
        a.get();
        b.get();
        EXPECT_EQ(put, got + static_cast<int>(q.size()));
        EXPECT_EQ(s.value(), 2);
    });
}

} // namespace
} // namespace weft::test
