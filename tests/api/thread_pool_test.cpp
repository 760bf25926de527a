// SPDX-License-Identifier: BSL-1.0
//
// to_thread() and run_in(): calls on other threads, and what becomes of them when their task
// leaves.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_stderr.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <semaphore>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using thread_pool_test = api_test;
using gate = std::binary_semaphore;

// Blocks this task until the thread has done something that we cannot wait for otherwise.
template <class F>
void poll_until(F&& done) {
    while (!done()) {
        yield();
    }
}

TEST_F(thread_pool_test, returns_what_the_call_returns_on_another_thread) {
    weft::run([] {
        EXPECT_NE(to_thread([] { return std::this_thread::get_id(); }), std::this_thread::get_id());
        EXPECT_EQ(to_thread([](int a, const std::string& b) { return b + std::to_string(a); }, 1,
                            std::string("n")),
                  "n1");
        EXPECT_EQ(to_thread([](move_only m) { return m; }, move_only(5)).value(), 5);
        int object = 0;
        int& same = to_thread([&]() -> int& { return object; });
        EXPECT_EQ(&same, &object);
        to_thread([] {});
    });
}

TEST_F(thread_pool_test, throws_what_the_call_throws) {
    weft::run([] {
        EXPECT_EQ(end_of([] { to_thread([] { throw std::runtime_error("there"); }); }),
                  "error: there");
        EXPECT_EQ(end_of([] { to_thread([] { throw cancelled("odd"); }); }), "cancelled: odd");
    });
}

TEST_F(thread_pool_test, blocks_the_task_alone) {
    weft::run([] {
        gate g(0);
        auto opener = spawn([&] { g.release(); });
        to_thread([&] { g.acquire(); }); // would never return if it held the loop
        EXPECT_TRUE(opener.done());
    });
}

TEST_F(thread_pool_test, always_takes_a_turn) {
    weft::run([] {
        bool other_ran = false;
        auto other = spawn([&] { other_ran = true; });
        to_thread([] {});
        EXPECT_TRUE(other_ran);
    });
}

TEST_F(thread_pool_test, decays_its_arguments) {
    const unshuffled in_order_of_coming;
    weft::run([] {
        std::string text = "before";
        gate g(0);
        auto t = spawn([&] {
            return to_thread(
                [&g](const std::string& s) {
                    g.acquire();
                    return s;
                },
                text);
        });
        yield();
        text = "after";
        g.release();
        EXPECT_EQ(t.get(), "before");
    });
}

TEST_F(thread_pool_test, destroys_the_callable_before_the_task_goes_on) {
    weft::run([] {
        auto owned = std::make_shared<int>(1);
        to_thread([owned] {});
        EXPECT_EQ(owned.use_count(), 1);
    });
}

TEST_F(thread_pool_test, is_no_place_to_block_in_weft) {
    weft::run([] { EXPECT_THROW(to_thread([] { yield(); }), no_running_loop); });
}

TEST_F(thread_pool_test, receives_no_signals) {
    weft::run([] {
        const bool blocked = to_thread([] {
            sigset_t mask;
            pthread_sigmask(SIG_SETMASK, nullptr, &mask);
            return sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1;
        });
        EXPECT_TRUE(blocked);
    });
}

// --- cancelled ---

TEST_F(thread_pool_test, a_cancelled_task_leaves_and_the_call_runs_on) {
    std::atomic<bool> ran_on = false;
    weft::run([&] {
        gate begun(0);
        gate g(0);
        auto t = spawn([&] {
            to_thread([&] {
                begun.release();
                g.acquire();
                ran_on = true;
            });
        });
        poll_until([&] { return begun.try_acquire(); });
        t.cancel("enough");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: enough");
        EXPECT_FALSE(ran_on);
        g.release();
        to_thread([&] { // the gates must live until it has passed them
            while (!ran_on) {
                std::this_thread::yield();
            }
        });
    });
    EXPECT_TRUE(ran_on);
}

TEST_F(thread_pool_test, a_call_that_has_not_begun_is_withdrawn) {
    weft::run([] {
        thread_pool one(1);
        gate begun(0);
        gate g(0);
        auto first = spawn([&] {
            run_in(one, [&] {
                begun.release();
                g.acquire();
            });
        });
        poll_until([&] { return begun.try_acquire(); });
        bool ran = false;
        auto second = spawn([&] { run_in(one, [&] { ran = true; }); });
        yield();
        second.cancel();
        EXPECT_EQ(end_of([&] { second.get(); }), "cancelled");
        g.release();
        first.get();
        run_in(one, [] {});
        EXPECT_FALSE(ran);
    });
}

TEST_F(thread_pool_test, a_task_with_a_cancel_pending_starts_nothing) {
    weft::run([] {
        auto t = spawn([] {
            current_task().cancel();
            to_thread([] { ADD_FAILURE() << "it ran"; });
        });
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
    });
}

TEST_F(thread_pool_test, a_dropped_result_is_destroyed_on_the_loops_thread) {
    weft::run([] {
        struct result {
            explicit result(std::promise<std::thread::id>& p) : where(&p) {}
            result(result&& other) noexcept : where(std::exchange(other.where, nullptr)) {}
            ~result() {
                if (where != nullptr) {
                    where->set_value(std::this_thread::get_id());
                }
            }
            std::promise<std::thread::id>* where;
        };
        std::promise<std::thread::id> destroyed;
        auto where = destroyed.get_future();
        gate begun(0);
        gate g(0);
        auto t = spawn([&] {
            to_thread([&] {
                begun.release();
                g.acquire();
                return result(destroyed);
            });
        });
        poll_until([&] { return begun.try_acquire(); });
        t.cancel();
        t.wait();
        g.release();
        poll_until([&] { return where.wait_for(0s) == std::future_status::ready; });
        EXPECT_EQ(where.get(), std::this_thread::get_id());
    });
}

// Both orders of a cancel and the call's return in one turn.
TEST_F(thread_pool_test, a_cancel_in_the_same_turn_as_the_return_wins) {
    const unshuffled in_order_of_coming;
    weft::run([] {
        gate returned(0);
        auto t = spawn([&] {
            return to_thread([&] {
                returned.release();
                return std::make_unique<int>(1);
            });
        });
        yield();
        returned.acquire(); // holds the loop: the letter comes while nobody looks
        t.cancel("in time");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: in time");
    });
}

TEST_F(thread_pool_test, a_cancel_that_is_blocked_waits_for_the_return) {
    weft::run([] {
        gate g(0);
        auto t = spawn([&] {
            {
                const cancel_blocker blocked;
                EXPECT_EQ(to_thread([&] {
                              g.acquire();
                              return 3;
                          }),
                          3);
            }
            yield();
        });
        yield();
        t.cancel();
        g.release();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
    });
}

TEST_F(thread_pool_test, times_out) {
    weft::run([] {
        gate g(0);
        EXPECT_THROW(with_timeout(1ms, [&] { to_thread([&] { g.acquire(); }); }), timeout_error);
        g.release();
        to_thread([] {});
    });
}

// --- pools ---

TEST_F(thread_pool_test, runs_no_more_at_once_than_the_pool_has_threads) {
    weft::run([] {
        thread_pool pool(3);
        EXPECT_EQ(pool.size(), 3U);
        std::atomic<int> now = 0;
        std::atomic<int> most = 0;
        std::vector<task<void>> calls;
        for (int i = 0; i < 50; ++i) {
            calls.push_back(spawn([&] {
                run_in(pool, [&] {
                    const int n = ++now;
                    int seen = most;
                    while (seen < n && !most.compare_exchange_weak(seen, n)) {
                    }
                    std::this_thread::yield();
                    --now;
                });
            }));
        }
        for (auto& call : calls) {
            call.get();
        }
        EXPECT_LE(most, 3);
        EXPECT_GE(most, 1);
    });
}

TEST_F(thread_pool_test, with_one_thread_keeps_the_order) {
    const unshuffled in_order_of_coming;
    weft::run([] {
        thread_pool one(1);
        std::vector<int> order;
        std::vector<task<void>> calls;
        for (int i = 0; i < 20; ++i) {
            calls.push_back(spawn([&, i] { run_in(one, [&, i] { order.push_back(i); }); }));
        }
        for (auto& call : calls) {
            call.get();
        }
        EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
        EXPECT_EQ(order.size(), 20U);
    });
}

TEST_F(thread_pool_test, serves_several_loops) {
    thread_pool pool(2);
    std::atomic<int> sum = 0;
    const auto program = [&] {
        weft::run([&] {
            for (int i = 0; i < 100; ++i) {
                sum += run_in(pool, [] { return 1; });
            }
        });
    };
    std::thread other(program);
    program();
    other.join();
    EXPECT_EQ(sum, 200);
}

TEST_F(thread_pool_test, refuses_no_threads) {
    EXPECT_EQ(text_of<std::invalid_argument>([] { thread_pool none(0); }),
              "weft::thread_pool: a pool needs at least one thread");
}

TEST_F(thread_pool_test, calls_need_a_task) {
    EXPECT_EQ(text_of<no_running_loop>([] { to_thread([] {}); }),
              "weft::to_thread: no loop runs on this thread; wrap the call in weft::run(...)");
    weft::run([] {
        std::string said;
        auto t = spawn([] {});
        t.add_done_callback(
            [&](const task_ref&) { said = text_of<not_in_task>([] { to_thread([] {}); }); });
        t.get();
        yield();
        EXPECT_EQ(said, "weft::to_thread: called from a callback, which must not block; spawn a "
                        "task there");
    });
}

// --- the end of run ---

TEST_F(thread_pool_test, run_waits_for_calls_whose_tasks_have_left) {
    gate begun(0);
    gate g(0);
    std::atomic<bool> ended = false;
    std::thread opener;
    weft::run([&] {
        auto t = spawn([&] {
            to_thread([&] {
                begun.release();
                g.acquire();
                ended = true;
            });
        });
        poll_until([&] { return begun.try_acquire(); });
        opener = std::thread([&] { g.release(); });
    });
    EXPECT_TRUE(ended);
    opener.join();
}

TEST_F(thread_pool_test, run_leaves_behind_a_call_that_does_not_return) {
    auto begun = std::make_shared<gate>(0);
    auto g = std::make_shared<gate>(0);
    auto ended = std::make_shared<std::promise<void>>();
    auto end = ended->get_future();
    stderr_lines said;
    weft::run({.shutdown_timeout = 1ms}, [&] {
        auto t = spawn([&] {
            to_thread([begun, g, ended] {
                begun->release();
                g->acquire();
                ended->set_value();
            });
        });
        poll_until([&] { return begun->try_acquire(); });
    });
    EXPECT_EQ(said.lines(),
              std::vector<std::string>{
                  "weft: calls in threads (weft::to_thread) have not returned 1 ms after the end "
                  "of run(); their threads are left behind"});
    g->release(); // what it does now harms nobody
    end.wait();
}

TEST_F(thread_pool_test, waiting_for_a_thread_is_no_deadlock) {
    gate g(0);
    std::thread opener;
    weft::run([&] {
        opener = std::thread([&] { g.release(); });
        to_thread([&] { g.acquire(); });
    });
    opener.join();
}

} // namespace
} // namespace weft::test
