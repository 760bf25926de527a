// SPDX-License-Identifier: BSL-1.0
//
// as_completed(): order, breaks, time limits, cancels, and several tasks that step.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using as_completed_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Tasks that end after so many hours with that number.
std::vector<task<int>> tasks_after(std::vector<int> hours) {
    std::vector<task<int>> tasks;
    for (const int h : hours) {
        tasks.push_back(spawn([h] {
            sleep_for(h * 1h);
            return h;
        }));
    }
    return tasks;
}

TEST_F(as_completed_test, gives_the_handles_themselves_in_order_of_their_ends) {
    in_virtual_time([] {
        auto tasks = tasks_after({3, 1, 2});
        std::vector<int> seen;
        std::set<const void*> handles;
        for (auto& t : as_completed(tasks)) {
            handles.insert(&t);
            seen.push_back(t.get());
        }
        EXPECT_THAT(seen, ElementsAre(1, 2, 3));
        EXPECT_EQ(handles, (std::set<const void*>{&tasks[0], &tasks[1], &tasks[2]}));
    });
}

TEST_F(as_completed_test, of_views_refs_futures_and_temporaries) {
    in_virtual_time([] {
        auto tasks = tasks_after({2, 1});
        const std::vector<task_view<int>> views{tasks[0].view(), tasks[1].view()};
        std::vector<int> seen;
        for (const auto& v : as_completed(views)) {
            seen.push_back(v.result());
        }
        for (auto& r : as_completed(std::vector<task_ref>{tasks[0].view()})) {
            EXPECT_TRUE(r.done());
        }
        const future<int> f;
        f.set_result(7);
        for (const auto& done : as_completed(std::vector{f})) {
            seen.push_back(done.get());
        }
        for (auto& t : as_completed(tasks_after({4, 3}))) {
            seen.push_back(t.get());
        }
        for (auto& t : as_completed(std::vector<task<int>>{})) {
            static_cast<void>(t);
            ADD_FAILURE() << "there is none";
        }
        EXPECT_THAT(seen, ElementsAre(1, 2, 7, 3, 4));
    });
}

TEST_F(as_completed_test, does_not_throw_or_read_what_they_ended_with) {
    const unshuffled order;
    in_virtual_time([] {
        std::vector<task<int>> tasks;
        tasks.push_back(spawn([]() -> int { throw std::runtime_error("boom"); }));
        tasks.push_back(spawn([] {
            sleep_until_cancelled();
            return 0;
        }));
        tasks[1].cancel();
        std::vector<std::string> ends;
        for (auto& t : as_completed(tasks)) {
            ends.push_back(end_of([&] { t.get(); }));
        }
        EXPECT_THAT(ends, ElementsAre("error: boom", "cancelled"));
    });
}

TEST_F(as_completed_test, takes_one_turn_for_its_first_step_and_none_for_what_is_there) {
    const unshuffled order;
    in_virtual_time([] {
        const std::vector<future<int>> futures{{}, {}};
        futures[0].set_result(0);
        futures[1].set_result(1);
        int turns = 0;
        auto other = spawn([&] {
            for (int i = 0; i < 5; ++i) {
                ++turns;
                yield();
            }
        });
        for (const auto& f : as_completed(futures)) {
            EXPECT_EQ(turns, 1) << f.get();
        }
        other.get();
    });
}

TEST_F(as_completed_test, collapses_equal_handles) {
    in_virtual_time([] {
        auto tasks = tasks_after({1});
        std::vector<task_ref> refs(3, tasks[0].view());
        int steps = 0;
        for (auto& r : as_completed(refs)) {
            EXPECT_EQ(&r, &refs[0]);
            ++steps;
        }
        EXPECT_EQ(steps, 1);
    });
}

TEST_F(as_completed_test, goes_on_after_a_break_and_leaves_the_rest_alone) {
    in_virtual_time([] {
        auto tasks = tasks_after({1, 2, 3});
        {
            auto ends = as_completed(tasks);
            for (auto& t : ends) {
                EXPECT_EQ(t.result(), 1);
                break;
            }
            for (auto& t : ends) {
                EXPECT_EQ(t.result(), 2);
                break;
            }
        }
        EXPECT_FALSE(tasks[2].done());
        EXPECT_EQ(tasks[2].cancelling(), 0);
        EXPECT_EQ(tasks[2].get(), 3);
    });
}

TEST_F(as_completed_test, with_a_time_limit_throws_from_the_step) {
    in_virtual_time([] {
        auto tasks = tasks_after({1, 3, 5});
        auto ends = as_completed(tasks, 2h);
        std::vector<int> seen;
        const auto go_on = [&] {
            return text_of<timeout_error>([&] {
                for (auto& t : ends) {
                    seen.push_back(t.result());
                }
            });
        };
        EXPECT_THAT(go_on(), HasSubstr("weft::as_completed"));
        EXPECT_THAT(seen, ElementsAre(1));
        sleep_for(2h);
        go_on(); // what has ended since is given; then the limit speaks again
        EXPECT_THAT(seen, ElementsAre(1, 3));
        EXPECT_EQ(tasks[2].get(), 5); // goes on
    });
}

TEST_F(as_completed_test, with_no_time_gives_what_is_done) {
    in_virtual_time([] {
        const std::vector<future<int>> futures{{}, {}};
        futures[1].set_result(1);
        int steps = 0;
        EXPECT_THROW(
            {
                for (const auto& f : as_completed(futures, -1s)) {
                    EXPECT_EQ(&f, &futures[1]);
                    ++steps;
                }
            },
            timeout_error);
        EXPECT_EQ(steps, 1);
    });
}

TEST_F(as_completed_test, a_cancelled_step_leaves_and_loses_nothing) {
    in_virtual_time([] {
        for (const bool end_first : {true, false}) {
            const std::vector<future<int>> futures(1);
            auto ends = as_completed(futures);
            auto stepper = spawn([&] { ends.begin(); });
            yield_times(3);
            if (end_first) {
                futures[0].set_result(1);
            }
            stepper.cancel();
            if (!end_first) {
                futures[0].set_result(1);
            }
            stepper.wait();
            EXPECT_TRUE(stepper.cancelled());
            EXPECT_FALSE(futures[0].cancelled());
            int steps = 0;
            for (const auto& f : ends) {
                steps += f.get();
            }
            EXPECT_EQ(steps, 1);
        }
    });
}

TEST_F(as_completed_test, several_tasks_may_step_and_each_end_is_given_once) {
    in_virtual_time([] {
        auto tasks = tasks_after({1, 2, 3, 4, 5});
        auto ends = as_completed(tasks);
        std::vector<int> seen;
        std::vector<task<void>> steppers;
        for (int i = 0; i < 3; ++i) {
            steppers.push_back(spawn([&] {
                for (auto& t : ends) {
                    seen.push_back(t.result());
                }
            }));
        }
        auto cancelled = spawn([&] { ends.begin(); });
        sleep_for(90min);
        cancelled.cancel();
        gather(steppers);
        std::sort(seen.begin(), seen.end());
        EXPECT_EQ(seen.size() + (cancelled.cancelled() ? 0 : 1), 5u);
    });
}

TEST_F(as_completed_test, stepping_allocates_nothing) {
    in_virtual_time([] {
        auto tasks = tasks_after({1, 2, 3});
        auto ends = as_completed(tasks);
        yield_times(2);
        sleep_for(1min); // the timer heap has its memory
        const failing_new none(1);
        int steps = 0;
        for (auto& t : ends) {
            steps += t.done() ? 1 : 0;
        }
        EXPECT_EQ(steps, 3);
        EXPECT_FALSE(none.struck());
    });
}

TEST_F(as_completed_test, handles_may_be_emptied_and_destroyed_meanwhile) {
    in_virtual_time([] {
        auto tasks = tasks_after({1, 2, 3});
        int steps = 0;
        for (auto& t : as_completed(tasks)) {
            if (++steps == 1) {
                tasks[2] = task<int>(); // cancels and joins it
            }
            static_cast<void>(t);
        }
        EXPECT_EQ(steps, 3);
    });
}

TEST_F(as_completed_test, misuse_names_the_call) {
    in_virtual_time([] {
        std::vector<task<int>> empty(1);
        EXPECT_THAT(text_of<invalid_state>([&] { as_completed(empty); }),
                    HasSubstr("weft::as_completed"));
        std::vector<task_ref> self{current_task()};
        EXPECT_THAT(text_of<invalid_state>([&] { as_completed(self); }),
                    AllOf(HasSubstr("weft::as_completed"), HasSubstr("wait for itself")));
        const std::vector<future<int>> futures(1);
        futures[0].add_done_callback(
            [&](const future<int>&) { EXPECT_THROW(as_completed(futures).begin(), not_in_task); });
        futures[0].cancel();
        settle();
    });
}

TEST_F(as_completed_test, cancelled_at_every_turn_loses_no_end) {
    const int turns = cancel_at_every_turn([](cancel_attempt& attempt) {
        std::vector<task<int>> tasks;
        for (int i = 1; i <= 3; ++i) {
            tasks.push_back(spawn([i] {
                sleep_for(i * 1ms);
                return i;
            }));
        }
        auto ends = as_completed(tasks);
        std::vector<int> seen;
        const auto step_through = [&] {
            for (auto& t : ends) {
                seen.push_back(t.result());
            }
        };
        attempt.run(step_through);
        step_through();
        EXPECT_THAT(seen, ElementsAre(1, 2, 3));
    });
    EXPECT_GT(turns, 5);
}

} // namespace
} // namespace weft::test
