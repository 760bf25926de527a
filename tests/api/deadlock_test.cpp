// SPDX-License-Identifier: BSL-1.0
//
// deadlock_error: when every task waits and nothing can wake one, run() says which tasks those are.
#include "tests/support/api_fixture.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <functional>
#include <mutex>
#include <string>

namespace weft::test {
namespace {

using deadlock_test = api_test;
using testing::ContainsRegex;
using testing::HasSubstr;

std::string deadlock_text_of(const std::function<void()>& main) {
    return text_of<deadlock_error>([main] { run({.virtual_time = true}, main); });
}

TEST_F(deadlock_test, of_one_task_names_it_and_its_call) {
    const std::string text = deadlock_text_of([] {
        current_task().set_name("lonely");
        sleep_until_cancelled();
    });
    EXPECT_THAT(text, HasSubstr("weft::run"));
    EXPECT_THAT(text, HasSubstr("'lonely'"));
    EXPECT_THAT(text, HasSubstr("weft::sleep_until"));
}

TEST_F(deadlock_test, lists_every_task_with_its_place_and_what_it_waits_for) {
    const std::string text = deadlock_text_of([] {
        current_task().set_name("main");
        auto sleeper = spawn({.name = "sleeper"}, [] { sleep_until_cancelled(); });
        auto waiter = spawn({.name = "waiter"}, [&] { sleeper.wait(); });
        waiter.get();
    });
    EXPECT_THAT(text, ContainsRegex("task 'main' .*waits in weft::task::get for task 'waiter'\n"));
    EXPECT_THAT(text, ContainsRegex("task 'sleeper' .*waits in weft::sleep_until\n"));
    EXPECT_THAT(text,
                ContainsRegex("task 'waiter' .*waits in weft::task::wait for task 'sleeper'\n"));
    if (detail::std_source_location::current().line() != 0) {
        EXPECT_THAT(text, HasSubstr("deadlock_test.cpp:"));
    }
}

TEST_F(deadlock_test, of_tasks_that_wait_for_each_other) {
    const std::string text = deadlock_text_of([] {
        task<void> first;
        task<void> second;
        first = spawn({.name = "first"}, [&] { second.get(); });
        second = spawn({.name = "second"}, [&] { first.get(); });
        first.wait();
    });
    EXPECT_THAT(text, ContainsRegex("'first' .*for task 'second'\n"));
    EXPECT_THAT(text, ContainsRegex("'second' .*for task 'first'\n"));
}

TEST_F(deadlock_test, names_the_object_by_its_address) {
    char expected[100];
    const std::string text = deadlock_text_of([&] {
        event never_set;
        std::snprintf(expected, sizeof(expected), "waits in weft::event::wait for the object at %p",
                      static_cast<void*>(&never_set));
        never_set.wait();
    });
    EXPECT_THAT(text, HasSubstr(expected));
}

TEST_F(deadlock_test, names_the_holders_of_locks) {
    const std::string text = deadlock_text_of([] {
        mutex a;
        shared_mutex b;
        shared_mutex c;
        a.lock();
        b.lock();
        c.lock_shared();
        auto first = spawn({.name = "first"}, [&] { const std::lock_guard held(a); });
        auto second = spawn({.name = "second"}, [&] { b.lock_shared(); });
        auto third = spawn({.name = "third"}, [&] { c.lock(); });
        auto holder = spawn({.name = "holder"}, [&] {
            c.lock_shared();
            sleep_until_cancelled();
        });
        current_task().set_name("main");
        sleep_until_cancelled();
    });
    EXPECT_THAT(text,
                ContainsRegex("'first' .* for the object at 0x[0-9a-f]+, held by task 'main'\n"));
    EXPECT_THAT(text,
                ContainsRegex("'second' .* for the object at 0x[0-9a-f]+, held by task 'main'\n"));
    EXPECT_THAT(text,
                ContainsRegex("'third' .* for the object at 0x[0-9a-f]+, held by [12] readers?\n"));
}

TEST_F(deadlock_test, of_a_gather_names_the_gather) {
    EXPECT_THAT(deadlock_text_of([] { gather([] { sleep_until_cancelled(); }, [] {}); }),
                HasSubstr("weft::gather"));
}

TEST_F(deadlock_test, is_found_in_real_time_too) {
    EXPECT_THROW(run([] { sleep_until_cancelled(); }), deadlock_error);
}

TEST_F(deadlock_test, ends_every_task_in_order_before_it_is_thrown) {
    live_count live;
    std::string main_got = "nothing";
    EXPECT_THROW(run([&] {
                     spawn([held = live.make()] { sleep_until_cancelled(); }).detach();
                     main_got = end_of(sleep_until_cancelled);
                     yield(); // cleaning up may block
                 }),
                 deadlock_error);
    EXPECT_EQ(main_got, "cancelled");
    EXPECT_EQ(live.alive(), 0);
    EXPECT_EQ(run([] { return 1; }), 1);
}

TEST_F(deadlock_test, comes_only_when_no_timer_can_help) {
    in_virtual_time([] {
        auto late = spawn([] { sleep_for(std::chrono::hours(10'000)); });
        late.get();
    });
}

} // namespace
} // namespace weft::test
