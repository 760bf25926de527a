// SPDX-License-Identifier: BSL-1.0
//
// Handles and observers of tasks: results, errors, names, and what can be asked without waiting.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using task_test = api_test;

static_assert(!std::is_copy_constructible_v<task<int>>);
static_assert(!std::is_copy_assignable_v<task<int>>);
static_assert(std::is_nothrow_move_constructible_v<task<int>>);
static_assert(std::is_nothrow_move_assignable_v<task<int>>);
static_assert(std::is_copy_constructible_v<task_ref>);
static_assert(std::is_copy_constructible_v<task_view<int>>);
static_assert(std::is_convertible_v<task_view<int>, task_ref>);

TEST_F(task_test, get_waits_and_returns_the_value) {
    in_virtual_time([] {
        auto t = spawn([] {
            sleep_for(std::chrono::hours(1));
            return std::string("value");
        });
        EXPECT_FALSE(t.done());
        EXPECT_EQ(t.get(), "value");
    });
}

TEST_F(task_test, get_works_once) {
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        EXPECT_TRUE(t.valid());
        EXPECT_EQ(t.get(), 1);
        EXPECT_FALSE(t.valid());
        EXPECT_THROW(t.get(), invalid_state);
    });
}

TEST_F(task_test, a_get_that_throws_the_tasks_error_was_the_one_get) {
    in_virtual_time([] {
        auto failing = spawn([] { throw std::runtime_error("boom"); });
        EXPECT_EQ(end_of([&] { failing.get(); }), "error: boom");
        EXPECT_FALSE(failing.valid());

        auto stopped = spawn(sleep_until_cancelled);
        stopped.cancel();
        EXPECT_EQ(end_of([&] { stopped.get(); }), "cancelled");
        EXPECT_FALSE(stopped.valid());

        auto done_before = spawn([] { throw std::runtime_error("early"); });
        done_before.wait();
        EXPECT_EQ(end_of([&] { done_before.get(); }), "error: early");
        EXPECT_FALSE(done_before.valid());
    });
}

TEST_F(task_test, wait_does_not_throw_the_tasks_error) {
    in_virtual_time([] {
        auto failing = spawn([] { throw std::runtime_error("boom"); });
        failing.wait();
        EXPECT_TRUE(failing.done());
        EXPECT_FALSE(failing.cancelled());
        EXPECT_TRUE(failing.valid());
        failing.wait(); // again, without waiting
        EXPECT_EQ(end_of([&] { failing.get(); }), "error: boom");

        auto stopped = spawn(sleep_until_cancelled);
        stopped.cancel();
        stopped.wait();
        EXPECT_TRUE(stopped.cancelled());
    });
}

TEST_F(task_test, result_and_exception_do_not_wait) {
    in_virtual_time([] {
        auto t = spawn([] { return move_only(5); });
        const std::string text = text_of<invalid_state>([&] { static_cast<void>(t.result()); });
        EXPECT_NE(text.find(t.name()), std::string::npos) << text;
        EXPECT_THROW(static_cast<void>(t.exception()), invalid_state);
        EXPECT_THROW(static_cast<void>(t.view().result()), invalid_state);
        EXPECT_THROW(static_cast<void>(t.view().exception()), invalid_state);
        t.wait();
        EXPECT_EQ(t.result().value(), 5);
        EXPECT_EQ(t.result().value(), 5); // as often as one likes
        EXPECT_EQ(&t.result(), &t.view().result());
        EXPECT_EQ(t.exception(), nullptr);
        EXPECT_EQ(t.get().value(), 5);
    });
}

TEST_F(task_test, result_and_exception_of_a_failed_task) {
    in_virtual_time([] {
        auto t = spawn([]() -> int { throw std::runtime_error("boom"); });
        t.wait();
        EXPECT_EQ(end_of([&] { static_cast<void>(t.result()); }), "error: boom");
        EXPECT_EQ(end_of([&] { std::rethrow_exception(t.exception()); }), "error: boom");
        EXPECT_EQ(t.exception(), t.view().exception()); // one object for all
    });
}

TEST_F(task_test, result_and_exception_of_a_cancelled_task) {
    in_virtual_time([] {
        auto t = spawn(sleep_until_cancelled);
        yield();
        t.cancel("why");
        t.wait();
        EXPECT_EQ(end_of([&] { t.result(); }), "cancelled: why");
        EXPECT_EQ(end_of([&] { static_cast<void>(t.exception()); }), "cancelled: why");
        EXPECT_EQ(end_of([&] { t.view().get(); }), "cancelled: why");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: why");
    });
}

TEST_F(task_test, a_satisfied_get_does_not_switch) {
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        t.wait();
        bool other_ran = false;
        auto other = spawn([&] { other_ran = true; });
        EXPECT_EQ(t.view().get(), 1);
        t.wait();
        EXPECT_EQ(t.get(), 1);
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(task_test, many_views_see_one_result) {
    in_virtual_time([] {
        auto t = spawn([] {
            sleep_for(std::chrono::hours(1));
            return std::string("shared");
        });
        std::vector<task<std::string>> readers;
        for (int i = 0; i < 10; ++i) {
            readers.push_back(spawn([view = t.view()]() mutable { return view.get(); }));
        }
        for (auto& reader : readers) {
            EXPECT_EQ(reader.get(), "shared");
        }
        EXPECT_EQ(t.get(), "shared"); // a view's get() copies
    });
}

TEST_F(task_test, a_view_keeps_the_result_when_the_handle_is_gone) {
    in_virtual_time([] {
        auto t = spawn([] { return std::string("kept"); });
        auto view = t.view();
        t.wait();
        t = {};
        EXPECT_TRUE(view.done());
        EXPECT_EQ(view.get(), "kept");
    });
}

TEST_F(task_test, a_task_that_waits_for_itself_is_told_so) {
    in_virtual_time([] {
        task<void> t;
        std::string text;
        t = spawn([&] {
            task_ref self = current_task();
            text = text_of<invalid_state>([&] { self.wait(); });
            EXPECT_THROW(t.get(), invalid_state);
            EXPECT_THROW(t.view().get(), invalid_state);
            EXPECT_THROW(t.wait(), invalid_state);
        });
        t.set_name("narcissus");
        t.get();
        EXPECT_NE(text.find("weft::task::wait"), std::string::npos) << text;
        EXPECT_NE(text.find("'narcissus'"), std::string::npos) << text;
    });
}

TEST_F(task_test, names_are_unique_unless_given) {
    in_virtual_time([] {
        auto a = spawn([] {});
        auto b = spawn([] {});
        EXPECT_EQ(a.name(), "task-" + std::to_string(a.id()));
        EXPECT_EQ(b.name(), "task-" + std::to_string(b.id()));
        EXPECT_NE(a.id(), b.id());
        EXPECT_LT(a.id(), b.id());
        a.set_name("renamed");
        EXPECT_EQ(a.name(), "renamed");
        EXPECT_EQ(a.view().name(), "renamed");
        auto c = spawn({.name = "given"}, [] { EXPECT_EQ(current_task().name(), "given"); });
        EXPECT_EQ(c.name(), "given");
        a.get();
        b.get();
        c.wait();
        EXPECT_EQ(c.name(), "given"); // also after its end
    });
}

TEST_F(task_test, current_task_is_the_running_one) {
    in_virtual_time([] {
        const task_ref main = current_task();
        auto t = spawn([&] {
            EXPECT_FALSE(current_task() == main);
            yield();
            return current_task();
        });
        EXPECT_TRUE(current_task() == main);
        const auto id = t.id();
        EXPECT_EQ(t.get().id(), id);
        EXPECT_TRUE(current_task() == main);
    });
}

TEST_F(task_test, all_tasks_lists_those_not_done_in_order) {
    in_virtual_time([] {
        using names = std::vector<std::string>;
        EXPECT_EQ(names_of_all_tasks(), (names{"main"}));
        auto a = spawn({.name = "a"}, sleep_until_cancelled);
        auto b = spawn({.name = "b"}, [] {});
        auto c = spawn({.name = "c"}, sleep_until_cancelled);
        EXPECT_EQ(names_of_all_tasks(), (names{"main", "a", "b", "c"}));
        b.wait();
        EXPECT_EQ(names_of_all_tasks(), (names{"main", "a", "c"}));
        a.cancel(); // still there until it has ended
        EXPECT_EQ(names_of_all_tasks(), (names{"main", "a", "c"}));
        a.wait();
        EXPECT_EQ(names_of_all_tasks(), (names{"main", "c"}));
    });
}

TEST_F(task_test, refs_compare_equal_when_they_mean_one_task) {
    in_virtual_time([] {
        auto a = spawn([] {});
        auto b = spawn([] {});
        const task_ref one = a.view();
        const task_ref same = one;
        EXPECT_TRUE(one == same);
        EXPECT_TRUE(a.view() == one);
        EXPECT_FALSE(one == task_ref(b.view()));
    });
}

TEST_F(task_test, a_ref_can_wait_cancel_and_outlive) {
    task_ref outlives = run([] {
        auto t = spawn({.name = "gone"}, sleep_until_cancelled);
        task_ref ref = t.view();
        ref.cancel();
        ref.wait();
        EXPECT_TRUE(ref.cancelled());
        EXPECT_FALSE(ref.cancel());
        return ref;
    });
    EXPECT_TRUE(outlives.done());
    EXPECT_EQ(outlives.name(), "gone");
}

TEST_F(task_test, a_handle_that_was_read_is_reusable) {
    in_virtual_time([] {
        task<int> t = spawn([] { return 1; });
        EXPECT_EQ(t.get(), 1);
        t = spawn([] { return 2; });
        EXPECT_TRUE(t.valid());
        EXPECT_EQ(t.get(), 2);
    });
}

TEST_F(task_test, detached_while_somebody_waits_for_it) {
    in_virtual_time([] {
        auto t = spawn([] {
            sleep_for(std::chrono::hours(1));
            return std::string("value");
        });
        auto waiter = spawn([&] { return end_of([&] { t.get(); }); });
        settle();
        t.detach();
        // The waiter learns that there is no handle to take the value from; nothing is read after
        // its end.
        EXPECT_NE(waiter.get().find("error: weft::task::get"), std::string::npos);
    });
}

} // namespace
} // namespace weft::test
