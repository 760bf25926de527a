// SPDX-License-Identifier: BSL-1.0
//
// A runner: several runs on one loop, what lives between them, and misuse.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <weft/detail/wait_queue.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using runner_test = api_test;
using runner_order_test = ordered_api_test;
using runner_Death = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

run_options virtual_time() {
    run_options options;
    options.virtual_time = true;
    return options;
}

TEST_F(runner_test, runs_several_times_on_one_loop) {
    runner r;
    loop* const l = &r.get_loop();
    EXPECT_EQ(r.run([&] { return &running_loop(); }), l);
    EXPECT_EQ(r.run([&] { return &running_loop(); }), l);
    EXPECT_EQ(&r.get_loop(), l);
    EXPECT_EQ(running_loop_or_null(), nullptr);
    EXPECT_EQ(r.run([] { return move_only(3); }).value(), 3);
    EXPECT_THROW(r.run([] { throw std::runtime_error("x"); }), std::runtime_error);
    EXPECT_THROW(r.run([] { throw cancelled(); }), cancelled);
    r.run([] {});
}

TEST_F(runner_test, tasks_and_callbacks_wait_for_the_next_run) {
    std::vector<std::string> log;
    runner r(virtual_time());
    task<int> background;
    r.run([&] {
        background = spawn([&] {
            sleep_for(1h);
            log.emplace_back("background");
            return 1;
        });
        running_loop().call_later(30min, [&] { log.emplace_back("callback"); });
        yield_times(2);
        log.emplace_back("first run");
    });
    EXPECT_FALSE(background.done());
    EXPECT_EQ(r.run([&] {
        log.emplace_back("second run");
        return background.get();
    }),
              1);
    EXPECT_THAT(log, ElementsAre("first run", "second run", "callback", "background"));
}

TEST_F(runner_test, its_end_cancels_and_joins_what_is_left) {
    std::string end;
    live_count live;
    {
        runner r(virtual_time());
        r.run([&] {
            spawn([&, held = live.make()] {
                end = end_of(sleep_until_cancelled);
                yield(); // cleaning up may block
            }).detach();
            running_loop().call_later(1h, [held = live.make()] {});
            yield_times(2);
        });
        EXPECT_EQ(live.alive(), 2);
    }
    EXPECT_EQ(end, "cancelled");
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(runner_test, what_wakes_a_task_between_two_runs_is_not_lost) {
    runner r(virtual_time());
    auto e = std::make_unique<event>();
    task<void> waiter;
    r.run([&] {
        waiter = spawn([&] { e->wait(); });
        yield_times(2);
    });
    e->set();
    r.run([&] { waiter.get(); });
}

TEST_F(runner_test, a_task_handle_may_go_between_two_runs) {
    runner r(virtual_time());
    std::string end;
    {
        task<void> background;
        r.run([&] {
            background = spawn([&] { end = end_of(sleep_until_cancelled); });
            yield_times(2);
        });
    } // cancels; the next run lets it end
    EXPECT_EQ(end, "");
    r.run([] { yield_times(2); });
    EXPECT_EQ(end, "cancelled");
}

TEST_F(runner_test, a_stream_may_go_between_two_runs) {
    runner r;
    std::optional<listener> l;
    r.run([&] { l.emplace("127.0.0.1", std::uint16_t{0}); });
    l.reset();
    r.run([] {});
}

TEST_F(runner_order_test, callbacks_asked_for_between_two_runs_run_in_the_next) {
    std::vector<int> order;
    runner r(virtual_time());
    loop& l = r.get_loop();
    l.call_soon([&] { order.push_back(1); });
    l.call_later(1s, [&] { order.push_back(4); });
    l.post([&] { order.push_back(2); });
    auto work = l.submit([&] {
        order.push_back(3);
        return 7;
    });
    r.run([&] { sleep_for(1min); });
    EXPECT_THAT(order, ElementsAre(1, 2, 3, 4));
    EXPECT_EQ(work.get(), 7);
}

TEST_F(runner_test, a_deadlock_of_one_run_ends_its_main_task_and_leaves_the_others) {
    runner r(virtual_time());
    task<void> other;
    std::string main_end;
    EXPECT_THAT(text_of<deadlock_error>([&] {
                    r.run([&] {
                        other = spawn({.name = "other"}, sleep_until_cancelled);
                        main_end = end_of(sleep_until_cancelled);
                    });
                }),
                HasSubstr("'other'"));
    EXPECT_EQ(main_end, "cancelled");
    EXPECT_FALSE(other.done());
    r.run([&] { other.cancel(); });
}

TEST_F(runner_test, stop_between_runs_ends_the_next_one_at_once) {
    runner r;
    r.get_loop().stop();
    EXPECT_THROW(r.run([] { ADD_FAILURE(); }), cancelled);
    r.run([] {});
}

TEST_F(runner_test, closing_is_idempotent_and_closes_the_loop) {
    runner r;
    loop& l = r.get_loop();
    r.run([] {});
    r.close();
    r.close();
    EXPECT_THAT(text_of<invalid_state>([&] { r.run([] {}); }),
                AllOf(HasSubstr("weft::runner::run"), HasSubstr("closed")));
    EXPECT_THROW(r.get_loop(), invalid_state);
    EXPECT_THROW(r.poll(), invalid_state);
    EXPECT_THROW(r.fd(), invalid_state);
    EXPECT_THROW(r.next_timeout(), invalid_state);
    EXPECT_THROW(l.call_soon([] {}), invalid_state);
    EXPECT_THROW(l.post([] {}), invalid_state);
}

TEST_F(runner_test, refuses_to_run_inside_a_run) {
    runner outside;
    run([&] {
        EXPECT_THAT(text_of<invalid_state>([&] { outside.run([] {}); }),
                    HasSubstr("weft::runner::run"));
        EXPECT_THROW(outside.poll(), invalid_state);
        runner inside;
        EXPECT_THROW(inside.run([] {}), invalid_state);
        sleep_for(1ms); // the running loop is as it was
    });
    outside.run([&] {
        EXPECT_THROW(outside.run([] {}), invalid_state);
        EXPECT_THROW(outside.close(), invalid_state);
        EXPECT_THROW(run([] {}), invalid_state);
        sleep_for(1ms);
    });
    outside.run([] {});
}

TEST_F(runner_test, refuses_other_threads) {
    runner r;
    std::thread([&] {
        EXPECT_THAT(text_of<wrong_loop>([&] { r.run([] {}); }), HasSubstr("weft::runner::run"));
        EXPECT_THROW(r.poll(), wrong_loop);
        EXPECT_THROW(r.get_loop(), wrong_loop);
        EXPECT_THROW(r.close(), wrong_loop);
    }).join();
    r.run([] {});
}

TEST_F(runner_test, two_on_one_thread_do_not_mix) {
    runner a(virtual_time());
    runner b(virtual_time());
    event in_a;
    task<void> waiter;
    bool woken = false;
    a.run([&] {
        waiter = spawn([&] {
            in_a.wait();
            woken = true;
        });
        yield_times(2);
    });
    b.run([&] {
        in_a.set(); // a task of the other loop
        EXPECT_THROW(waiter.get(), wrong_loop);
        yield_times(3);
        EXPECT_FALSE(woken) << "it runs in its own loop only";
    });
    a.run([&] { waiter.get(); });
    EXPECT_TRUE(woken);
}

TEST_F(runner_test, errors_of_its_tasks_between_runs_go_to_its_exception_handler) {
    std::vector<std::string> names;
    runner r(virtual_time());
    r.get_loop().set_exception_handler(
        [&](const exception_context& c) { names.push_back(c.task->name()); });
    task<void> failed;
    r.run([&] {
        failed = spawn({.name = "failed"}, [] { throw std::runtime_error("x"); });
        failed.wait();
    });
    failed = {};
    EXPECT_THAT(names, ElementsAre("failed"));
}

TEST_F(runner_Death, destroyed_on_another_thread_aborts_with_a_message) {
    EXPECT_DEATH(
        {
            auto r = std::make_unique<runner>();
            std::thread([&] { r.reset(); }).join();
        },
        "weft::runner: destroyed on another thread");
}

} // namespace
} // namespace weft::test
