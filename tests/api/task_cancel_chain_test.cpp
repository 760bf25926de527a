// SPDX-License-Identifier: BSL-1.0
//
// Cancels along many waits: chains, circles and trees of tasks that wait for each other. A cancel
// goes from wait to wait without recursion, and where waits form a circle it ends one of them, so
// that nobody waits for what cannot come.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/api_settle.hpp"

#include <memory>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_cancel_chain_test = api_test;

// A chain of `length` tasks, each of which waits in get() for the next; the last one calls
// last(tasks).
class chain {
  public:
    template <class F>
    chain(std::size_t length, F last) : tasks_(length) {
        const task_options small{.stack_size = 32 * 1024};
        tasks_.back() = spawn(small, [this, last] { last(tasks_); });
        for (std::size_t i = length - 1; i-- > 0;) {
            tasks_[i] = spawn(small, [this, i] { tasks_[i + 1].get(); });
        }
        for (const auto& t : tasks_) {
            refs_.push_back(t.view());
        }
        settle();
    }
    // Observers: a handle is empty once its waiter's get() has thrown.
    std::vector<task_ref>& tasks() noexcept { return refs_; }

  private:
    std::vector<task<void>> tasks_;
    std::vector<task_ref> refs_;
};

constexpr auto park = [](auto&) { sleep_until_cancelled(); };

TEST_F(task_cancel_chain_test, a_chain_is_cancelled_from_its_head_to_its_end) {
    in_virtual_time([] {
        chain c(100, park);
        EXPECT_TRUE(c.tasks().front().cancel());
        for (auto& t : c.tasks()) {
            EXPECT_EQ(t.cancelling(), 1);
            t.wait();
            EXPECT_TRUE(t.cancelled());
        }
    });
}

TEST_F(task_cancel_chain_test, a_chain_is_cancelled_in_its_middle) {
    in_virtual_time([] {
        chain c(10, park);
        c.tasks()[5].cancel();
        c.tasks().front().wait();
        for (std::size_t i = 0; i < 10; ++i) {
            // Those before it see the `cancelled` of the one they wait for; they were not asked
            // themselves.
            EXPECT_TRUE(c.tasks()[i].cancelled()) << i;
            EXPECT_EQ(c.tasks()[i].cancelling(), i < 5 ? 0 : 1) << i;
        }
    });
}

TEST_F(task_cancel_chain_test, a_circle_of_two_can_be_cancelled) {
    in_virtual_time([] {
        task<void> first;
        task<void> second;
        first = spawn([&] { second.get(); });
        second = spawn([&] { first.get(); });
        settle();
        EXPECT_TRUE(first.cancel("cut"));
        for (task_ref t : {task_ref(first.view()), task_ref(second.view())}) {
            t.wait();
            EXPECT_TRUE(t.cancelled());
            EXPECT_EQ(t.cancelling(), 1);
        }
    });
}

TEST_F(task_cancel_chain_test, a_large_circle_can_be_cancelled_anywhere) {
    in_virtual_time([] {
        for (const std::size_t at : {0, 1, 50, 99}) {
            std::vector<task<void>> tasks(100);
            for (std::size_t i = 0; i < tasks.size(); ++i) {
                tasks[i] = spawn([&tasks, i] { tasks[(i + 1) % tasks.size()].get(); });
            }
            settle();
            std::vector<task_ref> refs;
            for (auto& t : tasks) {
                refs.emplace_back(t.view());
            }
            tasks[at].cancel();
            for (auto& t : refs) {
                t.wait();
                EXPECT_TRUE(t.cancelled());
            }
        }
    });
}

TEST_F(task_cancel_chain_test, a_tail_that_leads_into_a_circle_can_be_cancelled) {
    in_virtual_time([] {
        std::vector<task<void>> tasks(10);
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            // 0..4 lead to 5, which waits for 6 ... 9, which waits for 5.
            tasks[i] = spawn([&tasks, i] { tasks[i + 1 < tasks.size() ? i + 1 : 5].get(); });
        }
        settle();
        std::vector<task_ref> refs;
        for (auto& t : tasks) {
            refs.emplace_back(t.view());
        }
        tasks[0].cancel();
        for (auto& t : refs) {
            t.wait();
            EXPECT_TRUE(t.cancelled());
        }
    });
}

TEST_F(task_cancel_chain_test, a_circle_in_which_one_swallows_it_ends_too) {
    in_virtual_time([] {
        task<int> first;
        task<int> second;
        first = spawn([&] { return end_of([&] { second.get(); }) == "cancelled" ? 1 : 0; });
        second = spawn([&] { return first.get() + 1; });
        settle();
        task_ref one = first.view();
        task_ref other = second.view();
        other.cancel();
        one.wait();
        other.wait();
        EXPECT_TRUE(other.cancelled()); // its own cancel is not lost
    });
}

// body(parent) is run by a task "parent"; it spawns a task "child" that waits for the parent, and
// waits for it. Each of the two is cancelled, in a world of its own: both must end.
template <class Body>
void expect_that_parent_and_child_end(Body body) {
    for (const char* victim : {"parent", "child"}) {
        SCOPED_TRACE(victim);
        in_virtual_time([&] {
            task<void> parent;
            parent = spawn({.name = "parent"}, [&] { body(parent); });
            settle();
            std::vector<task_ref> both;
            for (const task_ref& t : all_tasks()) {
                if (t.name() != "main") {
                    both.push_back(t);
                }
            }
            EXPECT_GE(both.size(), 2u);
            for (task_ref& t : both) {
                if (t.name() == victim) {
                    EXPECT_TRUE(t.cancel());
                }
            }
            for (task_ref& t : both) {
                t.wait();
                EXPECT_TRUE(t.cancelled()) << t.name();
            }
        });
    }
}

TEST_F(task_cancel_chain_test, a_child_that_waits_for_its_parent_can_be_cancelled_and_joined) {
    expect_that_parent_and_child_end([](task<void>& parent) {
        auto child = spawn({.name = "child"}, [&] { parent.get(); });
        child.get();
    });
}

TEST_F(task_cancel_chain_test, so_can_a_grandchild) {
    expect_that_parent_and_child_end([](task<void>& parent) {
        auto child = spawn({.name = "child"}, [&] {
            auto grandchild = spawn([&] { parent.get(); });
            yield();
            grandchild.get();
        });
        child.get();
    });
}

TEST_F(task_cancel_chain_test, so_can_one_that_was_gathered) {
    expect_that_parent_and_child_end([](task<void>& parent) {
        gather(
            [&] {
                current_task().set_name("child");
                parent.get();
            },
            sleep_until_cancelled);
    });
}

TEST_F(task_cancel_chain_test, so_can_one_whose_parent_was_cancelled_before_it_waited) {
    in_virtual_time([] {
        task<void> parent;
        parent = spawn([&] {
            auto child = spawn([&] { parent.get(); });
            yield_times(2);
            current_task().cancel();
            child.get();
        });
        task_ref observer = parent.view();
        observer.wait();
        EXPECT_TRUE(observer.cancelled());
    });
}

TEST_F(task_cancel_chain_test, circles_that_are_left_at_the_end_of_run_end_too) {
    live_count live;
    run([&] {
        auto parent = std::make_shared<task<void>>();
        *parent = spawn([&live, parent, held = live.make()] {
            auto child = spawn([parent, held = live.make()] { parent->get(); });
            child.get();
        });
        parent.reset(); // only the closures know the handle now
        yield_times(3);
    });
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(task_cancel_chain_test, two_ways_to_one_task_cancel_it_once) {
    in_virtual_time([] {
        std::string log;
        auto shared = spawn([&] {
            const at_scope_end clean([&] {
                log += end_of([] { sleep_for(1h); });
                log += ", cleaned up, ";
            });
            sleep_until_cancelled();
        });
        auto outer = spawn(
            [&] { gather([&] { shared.get(); }, [&] { shared.get(); }, [&] { shared.get(); }); });
        settle();
        task_ref observer = shared.view();
        outer.cancel();
        EXPECT_EQ(observer.cancelling(), 1);
        outer.wait();
        EXPECT_TRUE(outer.cancelled());
        EXPECT_TRUE(observer.done());
        // The sleep in the destructor was not disturbed by the second way.
        EXPECT_EQ(log, "value, cleaned up, ");
    });
}

using task_cancel_chain_HugeStress = api_test;

TEST_F(task_cancel_chain_HugeStress, a_chain_of_100000_is_cancelled_iteratively) {
    in_virtual_time([] {
        chain c(thread_sanitizer ? 1'500 : 100'000, park);
        c.tasks().front().cancel();
        for (auto& t : c.tasks()) {
            t.wait();
            ASSERT_TRUE(t.cancelled());
        }
    });
}

TEST_F(task_cancel_chain_HugeStress, a_circle_of_100000_is_cancelled_iteratively) {
    in_virtual_time([] {
        const std::size_t length = thread_sanitizer ? 1'500 : 100'000;
        chain c(length, [](auto& tasks) { tasks.front().get(); });
        c.tasks()[length / 2].cancel();
        for (auto& t : c.tasks()) {
            t.wait();
            ASSERT_TRUE(t.cancelled());
        }
    });
}

// Each level gathers one child, which is the next level.
void gather_down(int depth) {
    if (depth == 0) {
        sleep_until_cancelled();
        return;
    }
    gather([depth] { gather_down(depth - 1); });
}

TEST_F(task_cancel_chain_HugeStress, gathers_nested_20000_deep_are_cancelled_iteratively) {
    in_virtual_time([] {
        const int depth = thread_sanitizer ? 1'500 : 20'000;
        auto top = spawn([=] { gather_down(depth); });
        settle();
        top.cancel();
        top.wait();
        EXPECT_TRUE(top.cancelled());
    });
}

} // namespace
} // namespace weft::test
