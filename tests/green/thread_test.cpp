// SPDX-License-Identifier: BSL-1.0
//
// Green threads and their handles: how they begin, end and are joined, and what they cannot do.
#include "tests/support/api_settle.hpp"
#include "tests/support/green.hpp"
#include "tests/support/places.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <unordered_set>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using green_thread = green_fixture;
using green_jthread = green_fixture;
using green_this_thread = green_fixture;
using green_thread_death_test = green_fixture;
using testing::HasSubstr;

TEST_F(green_thread, runs_with_copies_of_its_arguments_in_the_next_turn) {
    in_virtual_time([] {
        std::string seen;
        std::string text = "warp";
        green::thread t(
            [&seen](const std::string& s, std::unique_ptr<int> n, std::string& by_reference) {
                seen = s + std::to_string(*n);
                by_reference = "weft";
            },
            text, std::make_unique<int>(3), std::ref(text));
        EXPECT_EQ(seen, "");
        EXPECT_TRUE(t.joinable());
        t.join();
        EXPECT_FALSE(t.joinable());
        EXPECT_EQ(seen, "warp3");
        EXPECT_EQ(text, "weft");
        struct worker {
            int n = 0;
            void add(int i) { n += i; }
        } w;
        green::thread(&worker::add, &w, 4).join();
        EXPECT_EQ(w.n, 4);
    });
}

TEST_F(green_thread, an_id_is_a_value) {
    in_virtual_time([] {
        const green::thread::id none;
        green::thread::id inside;
        green::thread t([&] { inside = green::this_thread::get_id(); });
        const green::thread::id outside = t.get_id();
        const auto mine = green::this_thread::get_id();
        EXPECT_EQ(green::thread().get_id(), none);
        EXPECT_NE(outside, none);
        EXPECT_NE(outside, mine);
        EXPECT_TRUE(none < outside && (outside < mine) != (mine < outside));
        t.join();
        EXPECT_EQ(inside, outside);
        EXPECT_EQ(t.get_id(), none);
        EXPECT_EQ((std::set<green::thread::id>{none, inside, outside, mine}.size()), 3U);
        EXPECT_EQ((std::unordered_set<green::thread::id>{none, inside, outside, mine}.size()), 3U);
        std::ostringstream text;
        text << inside << ' ' << none;
        EXPECT_THAT(text.str(), testing::ContainsRegex("^[0-9]+ thread::id of no thread$"));
        green::thread::id plain;
        on_a_plain_thread([&] {
            plain = green::this_thread::get_id();
            EXPECT_EQ(plain, green::this_thread::get_id());
        });
        EXPECT_NE(plain, none);
        EXPECT_NE(plain, mine);
    });
}

TEST_F(green_thread, handles_move_and_swap) {
    in_virtual_time([] {
        green::thread a([] {});
        const auto id = a.get_id();
        green::thread b = std::move(a);
        EXPECT_FALSE(a.joinable());
        a = std::move(b);
        swap(a, b);
        a.swap(b);
        EXPECT_EQ(a.get_id(), id);
        a.join();
    });
}

TEST_F(green_thread, misuse_has_std_codes) {
    in_virtual_time([] {
        green::thread none;
        for (const auto call :
             {+[](green::thread& t) { t.join(); }, +[](green::thread& t) { t.detach(); },
              +[](green::thread& t) { t.native_handle(); }}) {
            const auto [code, text] = system_error_of([&] { call(none); });
            EXPECT_EQ(code, std::errc::invalid_argument);
            EXPECT_THAT(text, HasSubstr("weft::green::thread::"));
        }
        green::thread self;
        self = green::thread([&] {
            EXPECT_EQ(system_error_of([&] { self.join(); }).first,
                      std::errc::resource_deadlock_would_occur);
        });
        self.join();
        in_a_callback([] {
            green::thread t([] {});
            EXPECT_THROW(t.join(), not_in_task);
            t.detach();
        });
        settle();
    });
    EXPECT_THAT(text_of<no_running_loop>([] { green::thread([] {}).join(); }),
                HasSubstr("weft::green::thread"));
}

TEST_F(green_thread, a_join_that_is_cancelled_leaves_the_thread_joinable) {
    in_virtual_time([] {
        green::thread t([] { sleep_for(1s); });
        auto joiner = spawn({.eager = true}, [&] { t.join(); });
        joiner.cancel();
        joiner.wait();
        EXPECT_TRUE(joiner.cancelled());
        EXPECT_TRUE(t.joinable());
        t.join();
    });
}

TEST_F(green_thread, one_that_is_cancelled_ends_and_can_be_joined) {
    in_virtual_time([] {
        live_count live;
        std::string log;
        green::thread t([&, held = live.make()] {
            try {
                sleep_until_cancelled();
            } catch (const cancelled& c) {
                log = c.message();
                throw;
            }
        });
        settle();
        t.native_handle().cancel("enough");
        t.join();
        EXPECT_EQ(log, "enough");
        green::thread never([&, held = live.make()] { log = "began"; });
        never.native_handle().cancel();
        never.join();
        EXPECT_EQ(log, "enough");
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(green_thread, its_native_handle_is_the_task_while_there_is_one) {
    in_virtual_time([] {
        green::thread t([] { yield(); });
        t.native_handle().set_name("worker");
        EXPECT_EQ(t.native_handle().name(), "worker");
        on_a_plain_thread([&] { EXPECT_THROW(t.native_handle(), wrong_loop); });
        sleep_for(1ms);
        EXPECT_THROW(t.native_handle().cancel(), invalid_state);
        t.join();
    });
}

TEST_F(green_thread, a_detached_one_goes_on_until_run_ends) {
    std::string log;
    run({.virtual_time = true}, [&] {
        green::thread([&] {
            sleep_for(1ms);
            log += "went on ";
        }).detach();
        green::thread([&] {
            try {
                sleep_for(1h);
            } catch (const cancelled&) {
                log += "cancelled";
            }
        }).detach();
        sleep_for(1s);
    });
    EXPECT_EQ(log, "went on cancelled");
}

TEST_F(green_thread, is_joined_by_any_thread) {
    green::thread t;
    std::thread joiner;
    bool ended = false;
    run([&] {
        t = green::thread([&] {
            yield_times(10);
            ended = true;
        });
        joiner = std::thread([&] {
            t.join();
            EXPECT_TRUE(ended);
        });
        sleep_for(1ms);
    });
    joiner.join();
    EXPECT_FALSE(t.joinable());
}

TEST_F(green_thread, its_arguments_are_destroyed_before_it_is_joined) {
    in_virtual_time([] {
        live_count live;
        green::thread t([](const live_count::object&) {}, live.make());
        t.join();
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(green_thread_death_test, a_joinable_handle_that_is_destroyed_terminates) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(run([] { const green::thread t([] {}); }), "terminate");
    EXPECT_DEATH(run([] {
                     green::thread t([] {});
                     t = green::thread();
                 }),
                 "terminate");
}

TEST_F(green_thread_death_test, an_exception_that_leaves_it_terminates) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(run([] { green::thread([] { throw std::runtime_error("lost"); }).join(); }),
                 "terminate.*\n.*lost");
}

// --- jthread ---

TEST_F(green_jthread, asks_to_stop_and_joins) {
    in_virtual_time([] {
        std::string log;
        {
            const green::jthread with_token(
                [&](green::stop_token stop, char c) {
                    while (!stop.stop_requested()) {
                        sleep_for(1ms);
                    }
                    log += c;
                },
                'a');
            const green::jthread without([&](char c) { log += c; }, 'b');
            settle();
            EXPECT_EQ(log, "b");
        }
        EXPECT_EQ(log, "ba");
        green::jthread assigned([&](green::stop_token stop) {
            while (!stop.stop_requested()) {
                yield();
            }
            log += 'c';
        });
        EXPECT_TRUE(assigned.get_stop_source().stop_possible());
        assigned = green::jthread();
        EXPECT_EQ(log, "bac");
        EXPECT_FALSE(assigned.joinable());
        EXPECT_FALSE(assigned.get_stop_token().stop_possible());
        EXPECT_FALSE(assigned.request_stop());
    });
}

TEST_F(green_jthread, its_destructor_keeps_a_cancel_for_later) {
    in_virtual_time([] {
        bool ended = false;
        auto owner = spawn({.eager = true}, [&] {
            {
                const green::jthread t([&] {
                    sleep_for(5ms);
                    ended = true;
                });
            }
            EXPECT_TRUE(ended);
            yield();
            ADD_FAILURE() << "the cancel is lost";
        });
        owner.cancel();
        owner.wait();
        EXPECT_TRUE(owner.cancelled());
    });
}

TEST_F(green_jthread, is_joined_while_an_exception_unwinds) {
    in_virtual_time([] {
        bool stopped = false;
        EXPECT_EQ(end_of([&] {
                      const green::jthread t([&](green::stop_token stop) {
                          while (!stop.stop_requested()) {
                              sleep_for(1ms);
                          }
                          stopped = true;
                      });
                      throw std::runtime_error("out");
                  }),
                  "error: out");
        EXPECT_TRUE(stopped);
    });
}

// --- this_thread ---

TEST_F(green_this_thread, sleeps_and_yields_in_tasks_and_threads) {
    in_virtual_time([] {
        const auto begin = loop_time();
        green::this_thread::sleep_for(3ms);
        green::this_thread::sleep_until(loop_time() + 2ms);
        EXPECT_EQ(loop_time() - begin, 5ms);
        green::this_thread::sleep_until(std::chrono::system_clock::now() + 1h);
        EXPECT_GT(loop_time() - begin, 59min);
        bool ran = false;
        green::thread t([&] { ran = true; });
        while (!ran) {
            green::this_thread::yield();
        }
        t.join();
        in_a_callback([] { EXPECT_THROW(green::this_thread::yield(), not_in_task); });
    });
    const auto begin = clock::now();
    green::this_thread::sleep_for(1ms);
    green::this_thread::sleep_until(std::chrono::system_clock::now() + 1ms);
    EXPECT_GE(clock::now() - begin, 2ms);
    green::this_thread::yield();
}

TEST_F(green_this_thread, what_is_due_at_its_exit_is_done_before_it_is_joined) {
    in_virtual_time([] {
        green::mutex m;
        green::condition_variable c;
        bool done = false;
        green::thread t([&] {
            std::unique_lock lock(m);
            done = true;
            green::notify_all_at_thread_exit(c, std::move(lock));
            sleep_for(1ms);
            EXPECT_FALSE(m.try_lock());
        });
        t.join();
        EXPECT_TRUE(done);
        EXPECT_TRUE(m.try_lock());
        m.unlock();
    });
}

TEST_F(green_this_thread, a_task_and_a_plain_thread_have_an_exit_too) {
    green::mutex m;
    green::condition_variable c;
    std::vector<green::promise<int>> promises(2);
    auto first = promises[0].get_future();
    auto second = promises[1].get_future();
    const auto leave = [&](int i) {
        promises[std::size_t(i)].set_value_at_thread_exit(i + 1);
        green::notify_all_at_thread_exit(c, std::unique_lock(m));
    };
    run([&] {
        auto t = spawn([&] { leave(0); });
        EXPECT_EQ(first.get(), 1);
        EXPECT_TRUE(t.done());
        std::thread outside(leave, 1);
        EXPECT_EQ(second.get(), 2);
        const std::lock_guard guard(m);
        outside.join();
    });
}

} // namespace
} // namespace weft::test
