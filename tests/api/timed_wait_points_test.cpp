// SPDX-License-Identifier: BSL-1.0
//
// What holds wherever a task waits for another with a limit in time.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/places.hpp"
#include "tests/support/wait_points.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

template <class Point>
class timed_wait_points_test : public api_test {};
TYPED_TEST_SUITE(timed_wait_points_test, timed_wait_points);

// Whether it came in time; then it is given back at once.
template <class Point>
bool passes_until(Point& p, clock::time_point limit) {
    const bool took = p.take_until(limit);
    if (took) {
        p.give();
    }
    return took;
}
template <class Point, class D>
bool passes_for(Point& p, D limit) {
    const bool took = p.take_for(limit);
    if (took) {
        p.give();
    }
    return took;
}

// Runs use(p) in a task while this one has p closed; afterwards p must be as it was.
template <class Point, class F>
void with_closed(F use) {
    in_virtual_time([&] {
        Point p;
        p.hold();
        spawn([&] { use(p); }).get();
        p.wake();
        EXPECT_EQ(can_be_taken(p), Point::kept);
    });
}

TYPED_TEST(timed_wait_points_test, ends_when_the_time_is_over) {
    with_closed<TypeParam>([](TypeParam& p) {
        const auto begin = clock::now();
        for (int i = 1; i <= 3; ++i) {
            EXPECT_FALSE(p.take_for(1h));
            EXPECT_FALSE(p.take_for(std::chrono::duration<double, std::ratio<3600>>(0.5)));
        }
        auto other = spawn([&] {
            sleep_for(10min);
            return passes_for(p, 20min);
        });
        EXPECT_FALSE(p.take_for(15min));
        EXPECT_FALSE(other.get());
        EXPECT_LT(clock::now() - begin, 10s) << "virtual time";
    });
}

TYPED_TEST(timed_wait_points_test, ends_at_a_point_in_time) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        bool in_time = true;
        auto t = spawn([&] { in_time = p.take_until(clock::now() + 1h); });
        sleep_for(59min);
        EXPECT_FALSE(t.done());
        sleep_for(2min);
        EXPECT_TRUE(t.done());
        EXPECT_FALSE(in_time);
        p.wake();
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(timed_wait_points_test, zero_and_less_try_once) {
    with_closed<TypeParam>([](TypeParam& p) {
        EXPECT_FALSE(p.take_for(0s));
        EXPECT_FALSE(p.take_for(-1h));
        EXPECT_FALSE(p.take_for(-std::numeric_limits<double>::infinity() * 1s));
        EXPECT_FALSE(p.take_for(std::chrono::nanoseconds::min()));
        EXPECT_FALSE(p.take_until(clock::time_point::min()));
        EXPECT_FALSE(p.take_until(clock::now() - 1h));
    });
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        p.wake();
        const auto try_once = [&](auto limit) { EXPECT_EQ(passes_for(p, limit), TypeParam::kept); };
        try_once(0s);
        try_once(-1h);
    });
}

TYPED_TEST(timed_wait_points_test, a_duration_that_is_no_number_is_refused) {
    with_closed<TypeParam>([](TypeParam& p) {
        EXPECT_THAT(text_of<std::invalid_argument>([&] { p.take_for(std::nan("") * 1s); }),
                    HasSubstr(TypeParam::timed_call));
    });
}

TYPED_TEST(timed_wait_points_test, a_duration_too_long_to_add_is_no_limit) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        std::vector<task<bool>> tasks;
        tasks.push_back(spawn([&] { return passes_for(p, std::chrono::hours::max()); }));
        tasks.push_back(
            spawn([&] { return passes_for(p, std::numeric_limits<double>::infinity() * 1s); }));
        tasks.push_back(spawn([&] { return passes_until(p, clock::time_point::max()); }));
        sleep_for(24h * 365 * 100);
        p.wake();
        for (auto& t : tasks) {
            if (!TypeParam::kept) {
                p.wake();
            }
            EXPECT_TRUE(t.get());
        }
    });
}

TYPED_TEST(timed_wait_points_test, a_wake_in_time_leaves_no_timer) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        auto t = spawn([&] { return passes_for(p, 1h); });
        sleep_for(30min);
        p.wake();
        EXPECT_TRUE(t.get());
        sleep_for(2h);
    });
}

TYPED_TEST(timed_wait_points_test, woken_just_after_the_time_was_over_it_takes_nothing) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        const auto limit = clock::now() + 1h;
        task<bool> t;
        task<bool> next;
        // This task's timer is older, so it runs between the other's and that one's resumption.
        auto starter = spawn([&] {
            t = spawn([&] { return passes_until(p, limit); });
            next = spawn([&] { return passes_until(p, limit + 1h); });
        });
        sleep_until(limit);
        EXPECT_FALSE(t.done());
        p.wake();
        EXPECT_FALSE(t.get());
        EXPECT_TRUE(next.get());
        starter.get();
    });
}

// In real time, because in virtual time none passes between a wake and the resumption.
TYPED_TEST(timed_wait_points_test, woken_just_before_the_time_is_over_it_has_it) {
    const unshuffled order;
    run([] {
        for (int i = 0; i < 5; ++i) {
            TypeParam p;
            p.hold();
            const auto limit = clock::now() + 5ms;
            auto t = spawn([&] { return passes_until(p, limit); });
            yield();
            p.wake();
            const bool in_time = clock::now() < limit;
            while (clock::now() < limit + 1ms) {
            }
            const bool took = t.get();
            EXPECT_TRUE(took || !in_time);
            if (TypeParam::kept) {
                EXPECT_TRUE(can_be_taken(p));
            }
        }
    });
}

TYPED_TEST(timed_wait_points_test, cancelled_just_after_the_time_was_over_it_is_cancelled) {
    const unshuffled order;
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        const auto limit = clock::now() + 1h;
        task<bool> t;
        auto starter = spawn([&] { t = spawn([&] { return passes_until(p, limit); }); });
        sleep_until(limit);
        EXPECT_FALSE(t.done());
        t.cancel();
        p.wake();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
        starter.get();
    });
}

TYPED_TEST(timed_wait_points_test, where_it_cannot_wait_it_says_so) {
    TypeParam p;
    run([&] {
        p.hold();
        in_a_callback([&] {
            EXPECT_THAT(text_of<not_in_task>([&] { take_wrongly_for(p, 1h); }),
                        HasSubstr(TypeParam::timed_call));
        });
    });
    EXPECT_THAT(text_of<no_running_loop>([&] { take_wrongly_for(p, 1h); }),
                HasSubstr(TypeParam::timed_call));
    on_another_thread([&] {
        EXPECT_THAT(text_of<wrong_loop>([&] { take_wrongly_for(p, 1h); }),
                    HasSubstr(TypeParam::timed_call));
        EXPECT_THROW(take_wrongly_for(p, 0s), wrong_loop);
    });
}

TYPED_TEST(timed_wait_points_test, is_cancelled_everywhere) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        TypeParam p;
        auto waker = spawn({.eager = true}, [&] {
            p.hold();
            sleep_for(2ms);
            p.wake();
        });
        attempt.run([&] {
            for (const auto limit : {0ms, 1ms, 1ms, 10ms}) {
                if (p.take_for(limit)) {
                    const at_scope_end gives([&] { p.give(); });
                    sleep_for(1ms);
                }
            }
        });
        waker.get();
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

} // namespace
} // namespace weft::test
