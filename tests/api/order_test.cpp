// SPDX-License-Identifier: BSL-1.0
//
// The order in which tasks and callbacks run: FIFO by turns. A turn runs what was ready when it
// began; what it makes ready runs in the next one.
#include "tests/support/api_fixture.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using order_test = ordered_api_test;

TEST_F(order_test, tasks_run_in_order_of_spawning_and_take_turns) {
    std::string log;
    in_virtual_time([&] {
        std::vector<task<void>> tasks;
        for (const char name : std::string("abc")) {
            tasks.push_back(spawn([&log, name] {
                for (int i = 0; i < 3; ++i) {
                    log += name;
                    yield();
                }
            }));
        }
        for (auto& t : tasks) {
            t.get();
        }
    });
    EXPECT_EQ(log, "abcabcabc");
}

TEST_F(order_test, what_a_turn_makes_ready_runs_in_the_next) {
    std::string log;
    in_virtual_time([&] {
        auto a = spawn([&] {
            log += "a ";
            spawn([&] { log += "child "; }).detach();
        });
        auto b = spawn([&] { log += "b "; });
        yield();
        log += "main "; // it was ready before the child was
        yield();
    });
    EXPECT_EQ(log, "a b main child ");
}

TEST_F(order_test, tasks_and_callbacks_share_one_queue) {
    std::string log;
    in_virtual_time([&] {
        // asyncio: cb1 A cb2 B later0 A' B'
        auto done = spawn([] {});
        done.wait();
        const auto callback = [&](const char* name) {
            done.add_done_callback([&log, name](const task_ref&) { log += name; });
        };
        const auto body = [&](const char* first, const char* second) {
            return spawn([&log, first, second] {
                log += first;
                yield();
                log += second;
            });
        };
        callback("cb1 ");
        auto a = body("A ", "A' ");
        callback("cb2 ");
        auto b = body("B ", "B' ");
        a.get();
        b.get();
    });
    EXPECT_EQ(log, "cb1 A cb2 B A' B' ");
}

TEST_F(order_test, waiters_of_one_task_wake_in_order_of_waiting) {
    std::string log;
    in_virtual_time([&] {
        auto t = spawn([] { sleep_for(1h); });
        std::vector<task<void>> waiters;
        for (const char name : std::string("abcde")) {
            waiters.push_back(spawn([&, name] {
                t.wait();
                log += name;
            }));
        }
        for (auto& w : waiters) {
            w.get();
        }
    });
    EXPECT_EQ(log, "abcde");
}

TEST_F(order_test, cancelled_tasks_run_in_order_of_cancelling) {
    std::string log;
    in_virtual_time([&] {
        std::vector<task<void>> tasks;
        for (const char name : std::string("abc")) {
            tasks.push_back(spawn([&log, name] {
                EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                log += name;
            }));
        }
        yield();
        tasks[2].cancel();
        tasks[0].cancel();
        tasks[1].cancel();
        for (auto& t : tasks) {
            t.wait();
        }
    });
    EXPECT_EQ(log, "cab");
}

TEST_F(order_test, a_cancelled_task_keeps_its_place_when_it_was_ready) {
    std::string log;
    in_virtual_time([&] {
        auto a = spawn([&] {
            EXPECT_EQ(end_of(yield), "cancelled");
            log += "a";
        });
        auto b = spawn([&] {
            yield();
            log += "b";
        });
        yield(); // both are ready again, a first
        a.cancel();
        a.wait();
        b.wait();
    });
    EXPECT_EQ(log, "ab");
}

TEST_F(order_test, timers_due_together_come_before_what_they_make_ready) {
    std::string log;
    in_virtual_time([&] {
        const auto when = clock::now() + 1h;
        auto first = spawn([&] {
            sleep_until(when);
            log += "first ";
            spawn([&] { log += "child "; }).detach();
        });
        auto second = spawn([&] {
            sleep_until(when);
            log += "second ";
        });
        first.get();
        second.get();
        yield();
    });
    EXPECT_EQ(log, "first second child ");
}

TEST_F(order_test, many_timers_wake_sorted_ties_in_order_of_making) {
    in_virtual_time([] {
        std::mt19937 random(1); // NOLINT(cert-msc51-cpp): the same order in every run
        std::uniform_int_distribution<int> hours(0, 50);
        const auto begin = clock::now() + 1h;
        std::vector<std::pair<int, int>> woken;
        std::vector<task<void>> sleepers;
        for (int i = 0; i < 500; ++i) {
            sleepers.push_back(spawn([&woken, begin, i, h = hours(random)] {
                sleep_until(begin + std::chrono::hours(h));
                woken.emplace_back(h, i);
            }));
        }
        for (auto& t : sleepers) {
            t.get();
        }
        EXPECT_EQ(woken.size(), 500u);
        EXPECT_TRUE(std::is_sorted(woken.begin(), woken.end()));
    });
}

TEST_F(order_test, many_timers_survive_cancels_in_any_order) {
    in_virtual_time([] {
        std::mt19937 random(2); // NOLINT(cert-msc51-cpp)
        std::uniform_int_distribution<int> hours(1, 50);
        std::vector<int> woken;
        std::vector<task<void>> sleepers;
        for (int i = 0; i < 500; ++i) {
            sleepers.push_back(spawn([&woken, h = hours(random)] {
                sleep_for(std::chrono::hours(h));
                woken.push_back(h);
            }));
        }
        yield();
        for (int i = 0; i < 300; ++i) {
            sleepers[random() % sleepers.size()].cancel();
        }
        std::size_t ended_by_cancel = 0;
        for (auto& t : sleepers) {
            t.wait();
            ended_by_cancel += t.cancelled() ? 1 : 0;
        }
        EXPECT_EQ(woken.size() + ended_by_cancel, 500u);
        EXPECT_TRUE(std::is_sorted(woken.begin(), woken.end()));
    });
}

} // namespace
} // namespace weft::test
