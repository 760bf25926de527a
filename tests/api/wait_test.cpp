// SPDX-License-Identifier: BSL-1.0
//
// wait(): its three conditions, its time limit, and what it leaves alone.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_settle.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using wait_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<task<int>> tasks_after(std::vector<clock::duration> delays) {
    std::vector<task<int>> tasks;
    for (const auto d : delays) {
        tasks.push_back(spawn([d] {
            sleep_for(d);
            return 1;
        }));
    }
    return tasks;
}

task<int> failing_after(clock::duration d) {
    return spawn([d]() -> int {
        sleep_for(d);
        throw std::runtime_error("boom");
    });
}

TEST_F(wait_test, for_all_returns_when_the_last_is_done) {
    in_virtual_time([] {
        auto tasks = tasks_after({3h, 1h, 2h});
        const auto start = running_loop().time();
        const wait_result result = weft::wait(tasks);
        EXPECT_EQ(running_loop().time() - start, 3h);
        EXPECT_THAT(result.done, ElementsAre(0, 1, 2));
        EXPECT_THAT(result.pending, IsEmpty());
    });
}

TEST_F(wait_test, for_the_first_tells_all_that_are_done_by_then) {
    in_virtual_time([] {
        auto tasks = tasks_after({2h, 1h, 3h, 1h});
        const auto result = weft::wait(tasks, first_completed);
        EXPECT_THAT(result.done, ElementsAre(1, 3));
        EXPECT_THAT(result.pending, ElementsAre(0, 2));
        EXPECT_EQ(tasks[0].cancelling(), 0); // nobody is cancelled
        EXPECT_THAT(weft::wait(tasks, first_completed).done, ElementsAre(1, 3));
    });
}

TEST_F(wait_test, for_the_first_exception_returns_with_it_and_does_not_throw) {
    in_virtual_time([] {
        auto tasks = tasks_after({1h, 5h});
        tasks.push_back(failing_after(2h));
        const auto result = weft::wait(tasks, first_exception);
        EXPECT_THAT(result.done, ElementsAre(0, 2));
        EXPECT_THAT(result.pending, ElementsAre(1));
        EXPECT_EQ(end_of([&] { tasks[2].get(); }), "error: boom");
    });
}

TEST_F(wait_test, for_the_first_exception_that_has_come_already) {
    in_virtual_time([] {
        auto tasks = tasks_after({5h});
        tasks.push_back(failing_after(0h));
        tasks.back().wait();
        EXPECT_THAT(weft::wait(tasks, first_exception).pending, ElementsAre(0));
        EXPECT_NE(tasks.back().exception(), nullptr);
    });
}

TEST_F(wait_test, for_the_first_exception_takes_a_cancelled_one_for_completed) {
    in_virtual_time([] {
        auto tasks = tasks_after({1h, 2h});
        tasks[0].cancel();
        const auto result = weft::wait(tasks, first_exception);
        EXPECT_THAT(result.done, ElementsAre(0, 1));
    });
}

TEST_F(wait_test, takes_one_turn_at_least) {
    const unshuffled order;
    in_virtual_time([] {
        const std::vector<future<void>> done(3, future<void>());
        EXPECT_TRUE(done[0] == done[1]); // a vector of copies
        done[0].set_result();
        for (const until condition : {all_completed, first_completed, first_exception}) {
            int turns = 0;
            auto other = spawn([&] { ++turns; });
            weft::wait(done, condition);
            EXPECT_EQ(turns, 1);
            weft::wait(done, 0s, condition);
            other.get();
        }
    });
}

TEST_F(wait_test, with_a_time_limit_returns_what_is_done_by_then) {
    in_virtual_time([] {
        auto tasks = tasks_after({1h, 3h});
        const auto start = running_loop().time();
        const auto result = weft::wait(tasks, 2h);
        EXPECT_EQ(running_loop().time() - start, 2h);
        EXPECT_THAT(result.done, ElementsAre(0));
        EXPECT_THAT(result.pending, ElementsAre(1));
        EXPECT_THAT(weft::wait(tasks, 5h).pending, IsEmpty());
        EXPECT_EQ(running_loop().time() - start, 3h);
    });
}

TEST_F(wait_test, with_no_time_takes_one_turn) {
    const unshuffled order;
    in_virtual_time([] {
        const std::vector<future<int>> futures(2);
        auto setter = spawn([&] { futures[1].set_result(1); });
        EXPECT_THAT(weft::wait(futures, -1h).done, ElementsAre(1));
        EXPECT_THAT(weft::wait(futures, 0s, first_exception).pending, ElementsAre(0));
        EXPECT_THROW(weft::wait(futures, std::chrono::duration<double>(NAN)),
                     std::invalid_argument);
        setter.get();
    });
}

TEST_F(wait_test, in_the_turn_of_its_limit_an_end_counts_if_it_came_before_the_resume) {
    const unshuffled order;
    in_virtual_time([] {
        for (const bool end_first : {true, false}) {
            const std::vector<future<int>> futures(1);
            wait_result result;
            task<void> setter;
            const auto set_in_an_hour = [&] {
                setter = spawn([&] {
                    sleep_for(1h);
                    futures[0].set_result(1);
                });
                yield();
            };
            if (end_first) {
                set_in_an_hour();
            }
            auto waiter = spawn([&] { result = weft::wait(futures, 1h); });
            yield_times(2);
            if (!end_first) {
                set_in_an_hour();
            }
            waiter.get();
            setter.get();
            EXPECT_EQ(result.done.size(), end_first ? 1u : 0u);
        }
    });
}

TEST_F(wait_test, takes_views_refs_futures_and_the_same_handle_twice) {
    in_virtual_time([] {
        auto t = failing_after(1h);
        std::vector<task_ref> refs{t.view(), t.view(), t.view()};
        EXPECT_THAT(weft::wait(refs).done, ElementsAre(0, 1, 2));
        std::vector<task_view<int>> views{t.view()};
        EXPECT_THAT(weft::wait(views).done, ElementsAre(0));
        EXPECT_THAT(weft::wait(std::vector<task_view<int>>{t.view()}).done, ElementsAre(0));
        const future<int> f;
        f.cancel();
        EXPECT_THAT(weft::wait(std::vector{f, f}, first_exception).done, ElementsAre(0, 1));
        EXPECT_NE(t.exception(), nullptr);
    });
}

TEST_F(wait_test, cancelled_leaves_what_it_waited_for_alone) {
    in_virtual_time([] {
        auto tasks = tasks_after({1h, 2h});
        const std::vector<future<int>> futures(1);
        for (int round = 0; round < 2; ++round) {
            auto waiter = spawn([&] { weft::wait(tasks); });
            auto other = spawn([&] { weft::wait(futures, 5h); });
            yield_times(2);
            waiter.cancel("why");
            other.cancel();
            EXPECT_EQ(end_of([&] { waiter.get(); }), "cancelled: why");
            other.wait();
            EXPECT_TRUE(other.cancelled());
        }
        EXPECT_EQ(tasks[0].cancelling() + tasks[1].cancelling(), 0);
        EXPECT_FALSE(futures[0].done());
        EXPECT_EQ(tasks[1].get(), 1);
    });
}

TEST_F(wait_test, cancelled_in_the_turn_of_the_end_is_cancelled) {
    in_virtual_time([] {
        for (const bool end_first : {true, false}) {
            const std::vector<future<int>> futures(1);
            auto waiter = spawn([&] { weft::wait(futures); });
            yield_times(2);
            if (end_first) {
                futures[0].set_result(1);
            }
            waiter.cancel();
            if (!end_first) {
                futures[0].set_result(1);
            }
            waiter.wait();
            EXPECT_TRUE(waiter.cancelled());
            EXPECT_EQ(futures[0].get(), 1);
        }
    });
}

TEST_F(wait_test, a_handle_destroyed_meanwhile_is_defined) {
    in_virtual_time([] {
        auto tasks = tasks_after({5h});
        std::vector<future<int>> futures(1);
        wait_result result;
        auto waiter = spawn([&] { result = weft::wait(tasks); });
        auto other = spawn([&] { weft::wait(futures, 1h); });
        yield_times(2);
        tasks.clear(); // ends the task
        futures.clear();
        waiter.get();
        other.get();
        EXPECT_THAT(result.done, ElementsAre(0));
    });
}

TEST_F(wait_test, misuse_names_the_call) {
    in_virtual_time([] {
        std::vector<future<int>> none;
        EXPECT_THAT(text_of<std::invalid_argument>([&] { weft::wait(none); }),
                    AllOf(HasSubstr("weft::wait"), HasSubstr("empty")));
        std::vector<task<int>> empty(1);
        EXPECT_THAT(text_of<invalid_state>([&] { weft::wait(empty); }), HasSubstr("weft::wait"));
        const std::vector<future<int>> futures(1);
        EXPECT_THAT(text_of<std::invalid_argument>([&] { weft::wait(futures, until(7)); }),
                    HasSubstr("weft::wait"));
        std::vector<task_ref> self{current_task()};
        EXPECT_THAT(text_of<invalid_state>([&] { weft::wait(self, 1s); }),
                    HasSubstr("wait for itself"));
        futures[0].add_done_callback(
            [&](const future<int>&) { EXPECT_THROW(weft::wait(futures), not_in_task); });
        futures[0].cancel();
        settle();
    });
}

TEST_F(wait_test, cancelled_at_every_turn_loses_nothing) {
    for (const until condition : {all_completed, first_completed, first_exception}) {
        const int turns = cancel_at_every_turn([condition](cancel_attempt& attempt) {
            auto tasks = tasks_after({1ms, 2ms});
            tasks.push_back(failing_after(1ms));
            attempt.run([&] {
                weft::wait(tasks, condition);
                weft::wait(tasks, 1ms);
            });
            weft::wait(tasks);
            EXPECT_EQ(tasks[0].get() + tasks[1].get(), 2);
            EXPECT_NE(tasks[2].exception(), nullptr);
        });
        EXPECT_GT(turns, 4);
    }
}

} // namespace
} // namespace weft::test
