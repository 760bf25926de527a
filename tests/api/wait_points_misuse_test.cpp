// SPDX-License-Identifier: BSL-1.0
//
// Waiting where it cannot work, and for what goes away: an error that names the call, or the end of
// the process with a message; never a hang or a use after free.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/places.hpp"
#include "tests/support/wait_points.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace weft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <class Point>
class wait_points_misuse_test : public api_test {};
TYPED_TEST_SUITE(wait_points_misuse_test, wait_points);

template <class Point>
class wait_points_misuse_Death : public api_test {};
TYPED_TEST_SUITE(wait_points_misuse_Death, wait_points);

TYPED_TEST(wait_points_misuse_test, in_a_callback_it_names_the_call) {
    in_virtual_time([] {
        TypeParam p;
        p.hold();
        in_a_callback([&] {
            EXPECT_THAT(text_of<not_in_task>([&] { take_wrongly(p); }),
                        AllOf(HasSubstr(TypeParam::kind), HasSubstr("spawn a task")));
        });
        auto t = spawn([&] {
            p.take();
            p.give();
        });
        settle();
        EXPECT_FALSE(t.done());
        p.wake();
        t.get();
    });
}

TYPED_TEST(wait_points_misuse_test, outside_run_it_names_the_call) {
    TypeParam p;
    run([&] { p.hold(); });
    EXPECT_THAT(text_of<no_running_loop>([&] { take_wrongly(p); }),
                AllOf(HasSubstr(TypeParam::kind), HasSubstr("weft::run")));
}

TYPED_TEST(wait_points_misuse_test, on_another_thread_it_names_the_call) {
    run([] {
        TypeParam p;
        p.hold();
        on_another_thread([&] {
            EXPECT_THAT(text_of<wrong_loop>([&] { take_wrongly(p); }), HasSubstr(TypeParam::kind));
            EXPECT_THAT(text_of<wrong_loop>([&] { p.wake(); }), HasSubstr(TypeParam::kind));
            run([&] { EXPECT_THROW(take_wrongly(p), wrong_loop); });
        });
        p.wake();
        EXPECT_EQ(can_be_taken(p), TypeParam::kept);
    });
}

TYPED_TEST(wait_points_misuse_test, waiting_for_what_nobody_can_wake_is_a_deadlock_that_names_it) {
    TypeParam p;
    EXPECT_THAT(text_of<deadlock_error>([&] {
                    run([&] {
                        p.hold();
                        spawn([&] { p.take(); }).get();
                    });
                }),
                HasSubstr(TypeParam::call));
}

TYPED_TEST(wait_points_misuse_Death, destroyed_under_its_waiter_ends_the_process) {
    EXPECT_DEATH(run([] {
                     auto p = std::make_unique<TypeParam>();
                     p->hold();
                     auto t = spawn([&] { p->take(); });
                     yield();
                     p.reset();
                 }),
                 std::string(TypeParam::kind) + ".*destroyed while a task waits for it");
}

TYPED_TEST(wait_points_misuse_Death, destroyed_with_its_waiter_on_the_way) {
    const auto destroy = [] {
        in_virtual_time([] {
            auto p = std::make_unique<TypeParam>();
            p->hold();
            auto t = spawn([&] { p->take(); });
            yield();
            p->wake();
            p.reset();
            t.get();
        });
    };
    if (TypeParam::disposable) {
        destroy();
    } else if (TypeParam::kept) {
        EXPECT_DEATH(destroy(),
                     std::string(TypeParam::kind) + ".*destroyed while a task waits for it");
    }
}

} // namespace
} // namespace weft::test
