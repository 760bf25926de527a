// SPDX-License-Identifier: BSL-1.0
//
// gather() of what has been started already: tasks, views and futures. They stay the caller's
// unless a task is handed over.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using gather_handles_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A task that ends after `d` with a value, or with the error "boom".
task<int> value_after(clock::duration d, int value) {
    return spawn([d, value] {
        sleep_for(d);
        return value;
    });
}
task<int> boom_after(clock::duration d) {
    return spawn([d]() -> int {
        sleep_for(d);
        throw std::runtime_error("boom");
    });
}

TEST_F(gather_handles_test, takes_everything_mixed_in_argument_order) {
    in_virtual_time([] {
        auto t = value_after(3h, 1);
        auto viewed = value_after(2h, 2);
        const future<std::string> f;
        auto setter = spawn([f] {
            sleep_for(1h);
            f.set_result("three");
        });
        auto results = gather(
            t, viewed.view(), f, value_after(1h, 4), [] { return 5.0; }, [] { yield(); });
        static_assert(
            std::is_same_v<decltype(results),
                           std::tuple<int, int, std::string, int, double, std::monostate>>);
        EXPECT_EQ(results, std::make_tuple(1, 2, "three", 4, 5.0, std::monostate()));
        setter.get();
    });
}

TEST_F(gather_handles_test, copies_values_that_stay_in_their_handles) {
    in_virtual_time([] {
        auto t = spawn([] { return std::string("kept"); });
        const auto& constant = t;
        const future<std::string> f;
        f.set_result("kept, too");
        EXPECT_EQ(gather(t, constant, f), std::make_tuple("kept", "kept", "kept, too"));
        EXPECT_EQ(t.get(), "kept");
        EXPECT_EQ(f.get(), "kept, too");
    });
}

TEST_F(gather_handles_test, moves_a_value_that_cannot_be_copied_and_empties_the_handle) {
    in_virtual_time([] {
        auto t = spawn([] { return std::make_unique<int>(5); });
        auto [a, b] = gather(t, spawn([] { return std::make_unique<int>(6); }));
        EXPECT_EQ(*a, 5);
        EXPECT_EQ(*b, 6);
        EXPECT_FALSE(t.valid());
    });
}

TEST_F(gather_handles_test, passes_references_on) {
    in_virtual_time([] {
        int target = 1;
        auto t = spawn([&]() -> int& { return target; });
        const future<int&> f;
        f.set_result(target);
        auto results = gather(t, f);
        static_assert(std::is_same_v<decltype(results), std::tuple<int&, int&>>);
        EXPECT_EQ(&std::get<0>(results), &target);
        EXPECT_EQ(&std::get<1>(results), &target);
    });
}

TEST_F(gather_handles_test, of_done_ones_does_not_switch) {
    const unshuffled order;
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        t.wait();
        const future<void> f;
        f.set_result();
        bool ran = false;
        auto other = spawn([&] { ran = true; });
        gather(t, f);
        EXPECT_FALSE(ran);
        other.get();
    });
}

TEST_F(gather_handles_test, the_same_twice_is_waited_for_once_and_gives_its_value_twice) {
    in_virtual_time([] {
        auto t = value_after(1h, 1);
        EXPECT_EQ(gather(t, t.view(), t), std::make_tuple(1, 1, 1));

        const future<int> f;
        std::vector<future<int>> many(1'000, f);
        auto setter = spawn([&] { f.set_result(2); });
        EXPECT_EQ(gather(many), std::vector<int>(1'000, 2));
        setter.get();

        auto failing = boom_after(1h);
        EXPECT_EQ(end_of([&] { gather(failing, failing); }), "error: boom");
    });
}

TEST_F(gather_handles_test, the_same_twice_can_be_cancelled) {
    in_virtual_time([] {
        for (const bool swallows : {false, true}) {
            auto t = spawn([swallows] {
                EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled: why");
                sleep_for(1h); // cleaning up
                if (!swallows) {
                    throw cancelled();
                }
                return 1;
            });
            auto waiter = spawn([&] { gather(t, t.view(), t); });
            yield_times(2);
            waiter.cancel("why");
            waiter.wait();
            EXPECT_TRUE(waiter.cancelled());
            EXPECT_TRUE(t.done()); // it was waited for
            EXPECT_EQ(t.cancelling(), 1);
        }
    });
}

TEST_F(gather_handles_test, over_ranges_of_tasks_views_and_futures) {
    in_virtual_time([] {
        std::vector<task<int>> tasks;
        std::vector<task_view<int>> views;
        std::vector<future<int>> futures;
        std::vector<task<void>> nothing;
        for (int i = 0; i < 3; ++i) {
            tasks.push_back(value_after((3 - i) * 1h, i));
            views.push_back(tasks.back().view());
            futures.emplace_back().set_result(i);
            nothing.push_back(spawn([] { yield(); }));
        }
        const std::vector<int> all{0, 1, 2};
        EXPECT_EQ(gather(tasks), all);
        EXPECT_EQ(gather(views), all);
        EXPECT_EQ(gather(futures), all);
        EXPECT_EQ(gather(std::span(tasks)), all); // a view gives nothing away
        EXPECT_TRUE(tasks.front().valid());
        EXPECT_EQ(gather(std::move(tasks)), all);
        static_assert(std::is_void_v<decltype(gather(nothing))>);
        gather(nothing);
        EXPECT_TRUE(nothing.front().done());
    });
}

TEST_F(gather_handles_test, a_failure_leaves_the_callers_alone_and_cancels_the_children) {
    in_virtual_time([] {
        auto mine = value_after(5h, 1);
        const future<int> f;
        auto given = spawn([] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            return 0;
        });
        task_ref given_ref = given.view();
        bool child_cancelled = false;
        EXPECT_EQ(end_of([&] {
                      gather(mine, mine.view(), f, std::move(given), boom_after(1h), [&] {
                          child_cancelled = end_of(sleep_until_cancelled) == "cancelled";
                      });
                  }),
                  "error: boom");
        EXPECT_TRUE(child_cancelled);
        EXPECT_TRUE(given_ref.done());
        EXPECT_FALSE(mine.done());
        EXPECT_FALSE(f.done());
        EXPECT_EQ(mine.cancelling(), 0);
        EXPECT_EQ(mine.get(), 1);
    });
}

TEST_F(gather_handles_test, a_failure_of_the_callers_task_cancels_the_children_too) {
    in_virtual_time([] {
        auto mine = boom_after(1h);
        bool child_cancelled = false;
        EXPECT_EQ(end_of([&] {
                      gather(mine, [&] {
                          child_cancelled = end_of(sleep_until_cancelled) == "cancelled";
                      });
                  }),
                  "error: boom");
        EXPECT_TRUE(child_cancelled);
        EXPECT_NE(mine.exception(), nullptr); // it stays in the task
    });
}

TEST_F(gather_handles_test, one_that_has_failed_already_keeps_children_from_beginning) {
    in_virtual_time([] {
        auto mine = boom_after(0h);
        mine.wait();
        bool ran = false;
        EXPECT_EQ(end_of([&] { gather([&] { ran = true; }, mine, [&] { ran = true; }); }),
                  "error: boom");
        EXPECT_FALSE(ran);
    });
}

TEST_F(gather_handles_test, a_cancelled_one_counts_as_its_failure) {
    in_virtual_time([] {
        const future<int> f;
        auto other = spawn([&] { f.cancel("gone"); });
        EXPECT_EQ(end_of([&] { gather(f, sleep_until_cancelled); }), "cancelled: gone");
        EXPECT_EQ(current_task().cancelling(), 0);
        other.get();
    });
}

TEST_F(gather_handles_test, a_cancel_of_the_waiter_cancels_everything_and_waits_for_all) {
    in_virtual_time([] {
        std::string log;
        const auto slow = [&](const char* name, clock::duration d) {
            return spawn([&log, name, d] {
                const at_scope_end note([&log, name, d] {
                    sleep_for(d);
                    log += name;
                });
                sleep_until_cancelled();
            });
        };
        auto mine = slow("mine ", 2h);
        auto viewed = slow("viewed ", 3h);
        const future<int> f;
        auto waiter = spawn([&] {
            gather(mine, viewed.view(), f, slow("given ", 1h),
                   [&] { EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled: why"); });
        });
        yield_times(3);
        waiter.cancel("why");
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled: why");
        EXPECT_EQ(log, "given mine viewed ");
        EXPECT_TRUE(f.cancelled());
        EXPECT_TRUE(mine.cancelled());
        EXPECT_TRUE(viewed.cancelled());
    });
}

TEST_F(gather_handles_test, a_cancel_of_the_waiter_of_futures_alone_is_delivered_once) {
    in_virtual_time([] {
        for (const bool early : {false, true}) {
            const future<int> f;
            const future<int> g;
            auto t = spawn([&] {
                if (early) {
                    current_task().cancel("why");
                }
                EXPECT_EQ(end_of([&] { gather(f, g); }), "cancelled: why");
                settle();
            });
            settle();
            if (!early) {
                t.cancel("why");
            }
            t.get();
            EXPECT_TRUE(f.cancelled() && g.cancelled());
        }
    });
}

TEST_F(gather_handles_test, a_cancel_after_a_failure_reaches_the_callers_as_well) {
    in_virtual_time([] {
        auto mine = spawn(sleep_until_cancelled);
        auto waiter = spawn([&] {
            gather(mine, boom_after(1h), [] {
                EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                sleep_for(5h);
            });
        });
        sleep_for(2h); // the failure has come, the child cleans up
        EXPECT_FALSE(mine.done());
        waiter.cancel();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
        EXPECT_TRUE(mine.cancelled());
    });
}

TEST_F(gather_handles_test, a_cancel_in_the_turn_of_the_last_end_loses_no_value) {
    in_virtual_time([] {
        const future<int> f;
        auto t = spawn([&] { gather(f); });
        yield_times(2);
        f.set_result(5);
        t.cancel();
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(f.get(), 5);
    });
}

TEST_F(gather_handles_test, an_error_of_the_callers_that_was_not_thrown_is_reported_if_unread) {
    stderr_lines captured;
    in_virtual_time([] {
        auto first = boom_after(1h);
        {
            auto second = boom_after(2h);
            second.set_name("second");
            EXPECT_EQ(end_of([&] { gather(first, second); }), "error: boom");
            second.wait();
        }
        EXPECT_EQ(end_of([&] {
                      gather(boom_after(1h), boom_after(1h), [] {
                          EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                          throw std::runtime_error("later");
                      });
                  }),
                  "error: boom");
    });
    EXPECT_THAT(captured.finish(), ElementsAre(HasSubstr("task 'second'")));
}

TEST_F(gather_handles_test, a_handle_destroyed_meanwhile_is_defined) {
    in_virtual_time([] {
        auto handle = std::make_unique<task<int>>(value_after(5h, 1));
        auto f = std::make_unique<future<int>>();
        auto waiter = spawn([&] { gather(handle->view(), *f); });
        yield_times(2);
        handle.reset(); // cancels the task
        EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled");
        f.reset();
    });
}

TEST_F(gather_handles_test, misuse_names_the_call) {
    in_virtual_time([] {
        bool ran = false;
        const auto child = [&] { ran = true; };
        task<int> empty;
        EXPECT_THAT(text_of<invalid_state>([&] { gather(child, empty); }),
                    AllOf(HasSubstr("weft::gather"), HasSubstr("holds no task")));
        EXPECT_THAT(text_of<invalid_state>([&] { gather(child, std::move(empty)); }),
                    HasSubstr("weft::gather"));
        future<int> f;
        const auto taken = std::move(f);
        // NOLINTNEXTLINE(bugprone-use-after-move)
        EXPECT_THAT(text_of<invalid_state>([&] { gather(child, f); }), HasSubstr("weft::gather"));
        task<void> self;
        self = spawn([&] {
            const auto me = self.view();
            EXPECT_THAT(text_of<invalid_state>([&] { gather(child, me); }),
                        AllOf(HasSubstr("weft::gather"), HasSubstr("wait for itself")));
        });
        self.get();
        EXPECT_FALSE(ran);
        std::thread([&] {
            run([&] {
                EXPECT_THAT(text_of<wrong_loop>([&] { gather(taken); }), HasSubstr("weft::gather"));
            });
        }).join();
        taken.add_done_callback(
            [](const future<int>& done) { EXPECT_THROW(gather(done), not_in_task); });
        taken.cancel();
        yield_times(2);
    });
}

} // namespace
} // namespace weft::test
