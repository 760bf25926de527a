// SPDX-License-Identifier: BSL-1.0
//
// A handle owns its task: leaving scope it cancels and joins. Moving, overwriting, giving up and
// circular ownership.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using task_ownership_test = api_test;

TEST_F(task_ownership_test, a_handle_that_leaves_scope_cancels_and_joins) {
    in_virtual_time([] {
        std::string log;
        {
            auto t = spawn([&] {
                log += end_of(sleep_until_cancelled);
                sleep_for(1h);
                log += ", cleaned up";
            });
            settle();
        }
        EXPECT_EQ(log, "cancelled, cleaned up");
    });
}

TEST_F(task_ownership_test, a_handle_of_a_task_that_has_not_begun) {
    in_virtual_time([] {
        live_count live;
        bool ran = false;
        static_cast<void>(spawn([&ran, held = live.make()] { ran = true; }));
        EXPECT_EQ(live.alive(), 0);
        EXPECT_FALSE(ran);
    });
}

TEST_F(task_ownership_test, a_handle_of_a_finished_task_does_not_switch) {
    in_virtual_time([] {
        bool other_ran = false;
        auto t = spawn([] {});
        t.wait();
        auto other = spawn([&] { other_ran = true; });
        t = {};
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(task_ownership_test, a_task_that_swallows_the_cancel_is_waited_for) {
    in_virtual_time([] {
        bool ended = false;
        {
            auto t = spawn([&] {
                EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                sleep_for(24h);
                ended = true;
            });
            settle();
        }
        EXPECT_TRUE(ended);
    });
}

TEST_F(task_ownership_test, moving_moves_the_ownership) {
    in_virtual_time([] {
        std::optional<task<int>> kept;
        {
            auto t = spawn([] {
                sleep_for(1h);
                return 3;
            });
            kept = std::move(t);
            EXPECT_FALSE(t.valid()); // NOLINT(bugprone-use-after-move)
            EXPECT_THROW(t.get(), invalid_state);
        }
        EXPECT_FALSE(kept->done());
        EXPECT_EQ(kept->get(), 3);
    });
}

TEST_F(task_ownership_test, a_handle_can_be_returned_and_kept_in_containers) {
    in_virtual_time([] {
        const auto make = [](int i) { return spawn([i] { return i; }); };
        std::vector<task<int>> tasks;
        for (int i = 0; i < 100; ++i) {
            tasks.push_back(make(i)); // reallocation moves them
        }
        tasks.erase(tasks.begin()); // move assignment over done and not done ones
        int sum = 0;
        for (auto& t : tasks) {
            sum += t.get();
        }
        EXPECT_EQ(sum, 99 * 100 / 2);
    });
}

TEST_F(task_ownership_test, assigning_over_a_running_task_ends_it_first) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] {
            const at_scope_end note([&] {
                sleep_for(1h);
                log += "old ended, ";
            });
            sleep_until_cancelled();
        });
        settle();
        t = spawn([&] { log += "new ran"; });
        EXPECT_NE(log.find("old ended"), std::string::npos);
        t.get();
        EXPECT_NE(log.find("new ran"), std::string::npos);
    });
}

TEST_F(task_ownership_test, assigning_nothing_ends_it) {
    in_virtual_time([] {
        live_count live;
        auto t = spawn([held = live.make()] { sleep_until_cancelled(); });
        yield();
        t = {};
        EXPECT_EQ(live.alive(), 0);
        EXPECT_FALSE(t.valid());
    });
}

TEST_F(task_ownership_test, assigning_to_itself_changes_nothing) {
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        auto& same = t;
        t = std::move(same);
        EXPECT_TRUE(t.valid());
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(task_ownership_test, a_swap_keeps_both_running) {
    in_virtual_time([] {
        auto a = spawn([] { return 1; });
        auto b = spawn([] { return 2; });
        std::swap(a, b);
        EXPECT_EQ(a.get(), 2);
        EXPECT_EQ(b.get(), 1);
    });
}

TEST_F(task_ownership_test, a_handle_in_the_tasks_own_closure_ends_with_it) {
    in_virtual_time([] {
        live_count live;
        bool ended = false;
        auto box = std::make_unique<task<void>>();
        auto* place = box.get();
        *place = spawn([&ended, box = std::move(box), held = live.make()] {
            yield_times(2);
            ended = true;
        });
        task_ref observer = place->view();
        observer.wait();
        EXPECT_TRUE(ended);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(task_ownership_test, a_handle_that_its_own_body_destroys_cancels_the_rest) {
    in_virtual_time([] {
        std::string log;
        task<void> t;
        t = spawn([&] {
            { const task<void> mine = std::move(t); }
            log += "goes on, ";
            log += end_of(yield);
        });
        task_ref observer = t.view();
        observer.wait();
        EXPECT_EQ(log, "goes on, cancelled");
    });
}

TEST_F(task_ownership_test, two_tasks_that_own_each_other_end) {
    in_virtual_time([] {
        live_count live;
        struct pair {
            task<void> first, second;
        };
        auto both = std::make_shared<pair>();
        both->first = spawn([both, held = live.make()] { sleep_until_cancelled(); });
        both->second = spawn([both, held = live.make()] { sleep_until_cancelled(); });
        yield();
        task_ref first = both->first.view();
        task_ref second = both->second.view();
        both.reset();
        first.cancel();
        second.cancel();
        first.wait();
        second.wait();
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(task_ownership_test, a_handle_in_another_tasks_closure_ends_with_that_task) {
    in_virtual_time([] {
        std::string log;
        auto inner = spawn([&] {
            const at_scope_end note([&] { log += "inner ended, "; });
            sleep_until_cancelled();
        });
        yield();
        auto outer = spawn([inner = std::move(inner)] {});
        outer.wait(); // joins the inner one before it is done
        log += "outer done";
        EXPECT_EQ(log, "inner ended, outer done");
    });
}

TEST_F(task_ownership_test, detached_tasks_run_on) {
    in_virtual_time([] {
        std::string log;
        auto t = spawn([&] {
            sleep_for(1h);
            log += "ended";
        });
        t.detach();
        EXPECT_FALSE(t.valid());
        EXPECT_THROW(t.detach(), invalid_state);
        sleep_for(2h);
        EXPECT_EQ(log, "ended");
    });
}

TEST_F(task_ownership_test, detaching_a_finished_task_frees_it) {
    in_virtual_time([] {
        live_count live;
        auto t = spawn([&] { return live.make(); });
        t.wait();
        EXPECT_EQ(live.alive(), 1);
        t.detach();
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(task_ownership_test, views_do_not_own) {
    in_virtual_time([] {
        auto t = spawn([] {
            sleep_for(1h);
            return 1;
        });
        {
            const auto view = t.view();
            const task_ref ref = view;
        }
        EXPECT_EQ(t.cancelling(), 0);
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(task_ownership_test, an_error_on_the_way_out_ends_the_children) {
    in_virtual_time([] {
        live_count live;
        try {
            auto a = spawn([held = live.make()] { sleep_until_cancelled(); });
            auto b = spawn([held = live.make()] { sleep_for(1h); });
            yield();
            throw std::runtime_error("boom");
        } catch (const std::runtime_error&) {
            EXPECT_EQ(live.alive(), 0);
        }
    });
}

TEST_F(task_ownership_test, a_handle_destroyed_in_a_callback_cancels_without_joining) {
    in_virtual_time([] {
        live_count live;
        auto owned =
            std::make_unique<task<void>>(spawn([held = live.make()] { sleep_until_cancelled(); }));
        task_ref observer = owned->view();
        auto t = spawn([] {});
        t.add_done_callback([&](const task_ref&) {
            owned.reset(); // nothing may block here
            EXPECT_FALSE(observer.done());
        });
        t.get();
        observer.wait();
        EXPECT_TRUE(observer.cancelled());
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(task_ownership_test, a_result_may_be_a_handle) {
    in_virtual_time([] {
        auto outer = spawn([] {
            return spawn([] {
                sleep_for(1h);
                return 3;
            });
        });
        EXPECT_EQ(outer.get().get(), 3);

        // Dropped unread, the inner task ends with the result.
        live_count live;
        {
            auto unread =
                spawn([&] { return spawn([held = live.make()] { sleep_until_cancelled(); }); });
            unread.wait();
            EXPECT_EQ(live.alive(), 1);
        }
        EXPECT_EQ(live.alive(), 0);
    });
}

} // namespace
} // namespace weft::test
