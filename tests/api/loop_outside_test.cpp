// SPDX-License-Identifier: BSL-1.0
//
// The doors for other threads: post, submit, stop, and the guard that says that somebody will come
// through them.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using loop_outside_test = api_test;
using loop_outside_order_test = ordered_api_test;
using loop_outside_Stress = api_test;
using testing::ElementsAre;
using testing::HasSubstr;

// Calls f(loop) on another thread while a task of this loop waits; returns when f has returned.
template <class F>
void from_outside(F f) {
    loop& l = running_loop();
    auto waiter = spawn([] { sleep_until_cancelled(); });
    std::thread other([&, guard = l.hold()] {
        f(l);
        l.post([&] { waiter.cancel(); });
    });
    waiter.wait();
    other.join();
}

TEST_F(loop_outside_test, post_runs_callbacks_on_the_loop_in_their_order) {
    run([] {
        const auto here = std::this_thread::get_id();
        std::vector<int> order;
        from_outside([&](loop& l) {
            for (int i = 0; i < 5; ++i) {
                l.post([&order, here, i] {
                    EXPECT_EQ(std::this_thread::get_id(), here);
                    order.push_back(i);
                });
            }
        });
        EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
    });
}

TEST_F(loop_outside_order_test, post_on_the_loops_own_thread_keeps_the_order_of_call_soon) {
    in_virtual_time([] {
        loop& l = running_loop();
        std::vector<int> order;
        l.call_soon([&] { order.push_back(1); });
        l.post([&] { order.push_back(2); });
        auto work = l.submit([&] { order.push_back(3); });
        l.call_soon([&] { order.push_back(4); });
        yield_times(2);
        EXPECT_THAT(order, ElementsAre(1, 2, 3, 4));
        work.get();
    });
}

TEST_F(loop_outside_test, an_exception_in_a_posted_callback_is_reported) {
    stderr_lines captured;
    run([] { from_outside([](loop& l) { l.post([] { throw std::runtime_error("posted"); }); }); });
    EXPECT_THAT(captured.finish(), ElementsAre(HasSubstr("std::runtime_error: posted")));
}

TEST_F(loop_outside_test, submit_brings_back_values_and_errors) {
    run([] {
        from_outside([](loop& l) {
            EXPECT_EQ(l.submit([] {
                           yield(); // it is a task
                           return 42;
                       }).get(),
                      42);
            l.submit([] {}).get();
            int target = 0;
            EXPECT_EQ(&l.submit([&]() -> int& { return target; }).get(), &target);
            EXPECT_EQ(l.submit([n = move_only(7)]() mutable { return std::move(n); }).get().value(),
                      7);
            EXPECT_THROW(l.submit([] { throw std::runtime_error("x"); }).get(), std::runtime_error);
            EXPECT_THROW(l.submit([] { throw cancelled("own"); }).get(), cancelled);
        });
    });
}

TEST_F(loop_outside_test, an_error_of_submitted_work_is_not_reported_besides) {
    stderr_lines captured;
    run([] {
        from_outside([](loop& l) {
            EXPECT_THROW(l.submit([] { throw std::runtime_error("x"); }).get(), std::runtime_error);
        });
    });
    EXPECT_TRUE(captured.finish().empty());
}

TEST_F(loop_outside_test, a_stop_request_cancels_the_submitted_task) {
    run([] {
        from_outside([](loop& l) {
            std::stop_source source;
            std::promise<void> begun;
            auto held = std::make_shared<int>();
            const std::weak_ptr<int> watched = held;
            auto work = l.submit(source.get_token(), [&begun, held = std::move(held)] {
                begun.set_value();
                sleep_until_cancelled();
            });
            begun.get_future().wait();
            source.request_stop();
            EXPECT_THROW(work.get(), cancelled);
            EXPECT_TRUE(watched.expired()) << "the work is gone before its end is told";
        });
    });
}

TEST_F(loop_outside_test, a_stop_request_that_came_first_keeps_the_work_from_beginning) {
    run([] {
        from_outside([](loop& l) {
            std::stop_source source;
            source.request_stop();
            auto work = l.submit(source.get_token(), [] { ADD_FAILURE(); });
            EXPECT_THROW(work.get(), cancelled);
        });
    });
}

TEST_F(loop_outside_test, a_stop_request_after_the_end_is_harmless) {
    std::stop_source source;
    run([&] {
        from_outside([&](loop& l) {
            l.submit(source.get_token(), [] {}).get();
            source.request_stop();
        });
    });
    std::stop_source outlives;
    std::future<void> work;
    run([&] { work = running_loop().submit(outlives.get_token(), sleep_until_cancelled); });
    outlives.request_stop();
    EXPECT_THROW(work.get(), cancelled);
}

TEST_F(loop_outside_test, a_stop_request_of_a_task_of_the_loop_itself_works) {
    in_virtual_time([] {
        std::stop_source source;
        auto work = running_loop().submit(source.get_token(), sleep_until_cancelled);
        yield_times(2);
        source.request_stop();
        sleep_for(1s);
        EXPECT_EQ(work.wait_for(0s), std::future_status::ready);
        EXPECT_THROW(work.get(), cancelled);
    });
}

TEST_F(loop_outside_test, submitted_work_that_the_loops_end_cuts_off_is_cancelled) {
    std::future<int> begun;
    std::future<int> never_begun;
    run([&] {
        begun = running_loop().submit([] {
            sleep_until_cancelled();
            return 1;
        });
        yield_times(2);
        never_begun = running_loop().submit([] { return 2; });
    });
    EXPECT_THROW(begun.get(), cancelled);
    EXPECT_THROW(never_begun.get(), cancelled);
}

TEST_F(loop_outside_test, after_the_end_post_throws_and_a_submitted_future_tells) {
    work_guard guard;
    loop* l = nullptr;
    run([&] {
        l = &running_loop();
        guard = l->hold(); // keeps the object alive
    });
    live_count live;
    EXPECT_THAT(text_of<invalid_state>([&] { l->post([held = live.make()] {}); }),
                HasSubstr("weft::loop::post: the loop has ended"));
    EXPECT_THROW(l->submit([held = live.make()] {}).get(), invalid_state);
    EXPECT_THROW(l->call_soon([] {}), invalid_state);
    std::thread([&] {
        EXPECT_THROW(l->post([] {}), invalid_state);
        EXPECT_THROW(l->submit([] {}).get(), invalid_state);
        l->stop();
    }).join();
    l->stop();
    EXPECT_EQ(live.alive(), 0);
    EXPECT_TRUE(guard.owns_work());
    guard.reset();
    EXPECT_FALSE(guard.owns_work());
}

TEST_F(loop_outside_test, a_guard_makes_the_loop_wait_for_somebody_outside) {
    run([] {
        task<void> waiter = spawn([] { sleep_until_cancelled(); });
        std::thread other([&, &l = running_loop(), guard = running_loop().hold()] {
            std::this_thread::sleep_for(20ms);
            l.post([&] { waiter.cancel(); });
        });
        waiter.wait();
        other.join();
    });
}

TEST_F(loop_outside_test, the_last_guard_that_goes_leaves_a_deadlock) {
    EXPECT_THROW(run([] {
                     work_guard moved = running_loop().hold();
                     std::jthread other([guard = std::move(moved)]() mutable {
                         std::this_thread::sleep_for(20ms);
                         work_guard last = std::move(guard);
                     });
                     sleep_until_cancelled();
                 }),
                 deadlock_error);
}

TEST_F(loop_outside_test, virtual_time_does_not_jump_while_somebody_outside_works) {
    in_virtual_time([] {
        const auto begin = running_loop().time();
        auto sleeper = spawn([] { sleep_for(1h); });
        std::optional<clock::time_point> came;
        std::thread other([&, &l = running_loop(), guard = running_loop().hold()] {
            std::this_thread::sleep_for(30ms);
            l.post([&] { came = l.time(); });
        });
        sleeper.get();
        other.join();
        EXPECT_EQ(came, begin);
        EXPECT_EQ(running_loop().time(), begin + 1h);
    });
}

TEST_F(loop_outside_test, stop_ends_run_as_if_main_had_been_cancelled) {
    std::string main_got;
    std::thread other;
    EXPECT_THROW(run([&] {
                     other = std::thread([&l = running_loop(), guard = running_loop().hold()] {
                         l.stop();
                         l.stop();
                     });
                     main_got = end_of(sleep_until_cancelled);
                     throw cancelled();
                 }),
                 cancelled);
    other.join();
    EXPECT_EQ(main_got, "cancelled");
}

TEST_F(loop_outside_test, a_main_that_swallows_the_stop_returns_as_after_a_cancel) {
    EXPECT_EQ(run({.virtual_time = true},
                  [] {
                      running_loop().call_soon([&l = running_loop()] { l.stop(); });
                      EXPECT_EQ(end_of([] { sleep_for(1h); }), "cancelled");
                      return 5;
                  }),
              5);
}

// Many threads post, submit and stop work while the loop runs and ends.
TEST_F(loop_outside_Stress, everything_that_was_submitted_is_answered) {
    for (int round = 0; round < 30; ++round) {
        std::atomic<int> posted = 0;
        std::atomic<int> ran = 0;
        std::vector<std::jthread> threads;
        std::atomic<int> answers = 0;
        constexpr int each = 50;
        run([&] {
            for (int t = 0; t < 3; ++t) {
                threads.emplace_back([&, &l = running_loop(), guard = running_loop().hold()] {
                    for (int i = 0; i < each; ++i) {
                        try {
                            l.post([&] { ++ran; });
                            ++posted;
                        } catch (const invalid_state&) {
                        }
                        std::stop_source source;
                        auto work = l.submit(source.get_token(), [i] {
                            if (i % 3 == 0) {
                                sleep_until_cancelled();
                            }
                            return i;
                        });
                        if (i % 3 == 0 || i % 7 == 0) {
                            source.request_stop();
                        }
                        try {
                            EXPECT_EQ(work.get(), i);
                        } catch (const cancelled&) {
                        } catch (const invalid_state&) {
                        }
                        ++answers;
                    }
                });
            }
            sleep_for(std::chrono::milliseconds(round % 5));
        });
        threads.clear();
        EXPECT_EQ(answers, 3 * each);
        EXPECT_LE(ran, posted);
    }
}

} // namespace
} // namespace weft::test
