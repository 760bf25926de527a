// SPDX-License-Identifier: BSL-1.0
//
// call_soon, call_later, call_at and their handles: order, cancelling, what happens to the
// callable, and what a callback may not do.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using loop_callbacks_test = api_test;
using loop_callbacks_order_test = ordered_api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using lines = std::vector<std::string>;

// A callback that writes down its name.
auto noting(lines& log, std::string name) {
    return [&log, name = std::move(name)] { log.push_back(name); };
}

TEST_F(loop_callbacks_order_test,
       run_in_one_queue_with_tasks_and_a_due_timer_comes_behind_what_is_ready) {
    lines log;
    in_virtual_time([&] {
        loop& l = running_loop();
        const auto twice = [&](std::string name) {
            return [&log, name] {
                log.push_back(name);
                yield_times(2);
                log.push_back(name + "'");
            };
        };
        l.call_soon(noting(log, "cb1"));
        auto a = spawn(twice("A"));
        l.call_later(0s, noting(log, "later0"));
        l.call_soon(noting(log, "cb2"));
        auto b = spawn(twice("B"));
        a.get();
        b.get();
    });
    EXPECT_THAT(log, ElementsAre("cb1", "A", "cb2", "B", "later0", "A'", "B'"));
}

TEST_F(loop_callbacks_order_test, what_a_callback_queues_runs_in_the_next_iteration) {
    lines log;
    in_virtual_time([&] {
        loop& l = running_loop();
        l.call_soon([&] {
            log.push_back("first");
            l.call_soon(noting(log, "next"));
        });
        l.call_soon(noting(log, "second"));
        yield_times(2);
        log.push_back("main");
        yield();
    });
    EXPECT_THAT(log, ElementsAre("first", "second", "next", "main"));
}

TEST_F(loop_callbacks_order_test, due_ones_run_in_order_of_time_and_ties_in_order_of_creation) {
    lines log;
    in_virtual_time([&] {
        loop& l = running_loop();
        l.call_later(3s, noting(log, "3"));
        l.call_later(1s, noting(log, "1"));
        l.call_later(2s, noting(log, "2a"));
        l.call_at(l.time() + 2s, noting(log, "2b"));
        l.call_later(-1s, noting(log, "-1"));
        l.call_later(-2s, noting(log, "-2"));
        sleep_for(10s);
    });
    EXPECT_THAT(log, ElementsAre("-2", "-1", "1", "2a", "2b", "3"));
}

TEST_F(loop_callbacks_test, delayed_ones_are_never_early) {
    in_virtual_time([] {
        loop& l = running_loop();
        const auto begin = l.time();
        clock::time_point at_call;
        const handle h = l.call_later(1500us, [&] { at_call = l.time(); });
        EXPECT_EQ(h.when(), begin + 1500us);
        sleep_for(1s);
        EXPECT_EQ(at_call, begin + 1500us);
    });
}

TEST_F(loop_callbacks_test, take_any_duration_but_not_a_number) {
    in_virtual_time([] {
        loop& l = running_loop();
        int calls = 0;
        l.call_later(std::chrono::duration<double>(0.25), [&] { ++calls; });
        l.call_later(std::chrono::hours::max(), [&] { calls += 100; });
        EXPECT_THROW(l.call_later(std::chrono::duration<double>(std::nan("")), [] {}),
                     std::invalid_argument);
        sleep_for(1s);
        EXPECT_EQ(calls, 1);
    });
}

TEST_F(loop_callbacks_test, a_cancelled_one_never_runs_and_its_callable_goes_at_once) {
    in_virtual_time([] {
        loop& l = running_loop();
        live_count live;
        handle soon = l.call_soon([held = live.make()] { ADD_FAILURE(); });
        handle later = l.call_later(1s, [held = live.make()] { ADD_FAILURE(); });
        EXPECT_EQ(live.alive(), 2);
        EXPECT_FALSE(soon.cancelled());
        const handle copy = soon;
        soon.cancel();
        later.cancel();
        EXPECT_EQ(live.alive(), 0);
        EXPECT_TRUE(copy.cancelled());
        EXPECT_EQ(l.stats().timers, 0u);
        soon.cancel(); // again
        sleep_for(2s);
        EXPECT_TRUE(later.cancelled());
    });
}

TEST_F(loop_callbacks_order_test, one_that_is_due_and_queued_can_still_be_cancelled) {
    in_virtual_time([] {
        loop& l = running_loop();
        handle second;
        bool ran = false;
        l.call_later(1s, [&] { second.cancel(); });
        second = l.call_later(1s, [&] { ran = true; });
        sleep_for(2s);
        EXPECT_FALSE(ran);
    });
}

TEST_F(loop_callbacks_test, the_callable_goes_right_after_its_call_though_a_handle_is_left) {
    in_virtual_time([] {
        live_count live;
        handle h = running_loop().call_soon([held = live.make()] {});
        yield_times(2);
        EXPECT_EQ(live.alive(), 0);
        EXPECT_FALSE(h.cancelled());
        h.cancel(); // too late, and harmless
        EXPECT_TRUE(h.cancelled());
        EXPECT_EQ(h.when(), clock::time_point::min());
    });
}

TEST_F(loop_callbacks_test, one_may_cancel_its_own_handle) {
    in_virtual_time([] {
        live_count live;
        auto h = std::make_shared<handle>();
        *h = running_loop().call_soon([h, held = live.make(), &live] {
            h->cancel();
            EXPECT_EQ(live.alive(), 1) << "not while it runs";
        });
        yield_times(2);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(loop_callbacks_test, need_not_be_copyable) {
    in_virtual_time([] {
        int sum = 0;
        running_loop().call_soon([&sum, n = std::make_unique<int>(2)] { sum += *n; });
        running_loop().call_soon([&sum, n = std::make_unique<int>(3), large = lines(5)]() mutable {
            sum += *n + int(large.size());
        });
        yield_times(2);
        EXPECT_EQ(sum, 10);
    });
}

TEST_F(loop_callbacks_test, must_not_block) {
    in_virtual_time([] {
        std::string text;
        running_loop().call_soon([&] { text = text_of<not_in_task>([] { sleep_for(1s); }); });
        yield_times(2);
        EXPECT_THAT(text, AllOf(HasSubstr("weft::sleep_for"), HasSubstr("callback"),
                                HasSubstr("spawn a task")));
    });
}

TEST_F(loop_callbacks_test, may_spawn_tasks) {
    in_virtual_time([] {
        int got = 0;
        running_loop().call_soon([&] { spawn([&got] { got = 1; }).detach(); });
        yield_times(3);
        EXPECT_EQ(got, 1);
    });
}

TEST_F(loop_callbacks_test, an_exception_is_reported_and_the_loop_goes_on) {
    stderr_lines captured;
    lines log;
    in_virtual_time([&] {
        loop& l = running_loop();
        l.call_soon([] { throw std::runtime_error("boom"); });
        l.call_soon([] { throw cancelled(); });
        l.call_soon(noting(log, "after"));
        yield_times(2);
    });
    EXPECT_THAT(log, ElementsAre("after"));
    EXPECT_THAT(captured.finish(), ElementsAre(AllOf(HasSubstr("exception in a callback"),
                                                     HasSubstr("std::runtime_error: boom")),
                                               HasSubstr("weft::cancelled")));
}

TEST_F(loop_callbacks_test,
       those_that_are_ready_when_main_ends_still_run_and_later_ones_are_destroyed) {
    live_count live;
    lines log;
    handle left;
    in_virtual_time([&] {
        loop& l = running_loop();
        l.call_soon([&log, &l, held = live.make()] {
            log.push_back("ready");
            l.call_soon(noting(log, "queued by it"));
        });
        left = l.call_later(1h, [held = live.make()] { ADD_FAILURE(); });
    });
    EXPECT_EQ(log.front(), "ready");
    EXPECT_EQ(live.alive(), 0);
    left.cancel(); // the loop is gone
    EXPECT_TRUE(left.cancelled());
}

TEST_F(loop_callbacks_test, that_queue_themselves_for_ever_do_not_keep_the_loop_from_ending) {
    struct again {
        loop& l;
        void operator()() const { l.call_soon(*this); }
    };
    in_virtual_time([] {
        running_loop().call_soon(again{running_loop()});
        yield_times(3);
    });
}

TEST_F(loop_callbacks_test, keep_a_loop_in_which_every_task_waits_from_being_called_a_deadlock) {
    in_virtual_time([] {
        auto waiter = spawn([] { sleep_until_cancelled(); });
        running_loop().call_later(5h, [&] { waiter.cancel(); });
        waiter.wait();
    });
}

TEST_F(loop_callbacks_test, on_another_thread_are_refused_with_the_way_out) {
    in_virtual_time([] {
        loop& l = running_loop();
        handle h = l.call_later(1h, [] {});
        std::thread([&] {
            EXPECT_THAT(text_of<wrong_loop>([&] { l.call_soon([] {}); }),
                        AllOf(HasSubstr("weft::loop::call_soon"), HasSubstr("weft::loop::post")));
            EXPECT_THROW(l.call_later(1s, [] {}), wrong_loop);
            EXPECT_THROW(l.call_at(clock::now(), [] {}), wrong_loop);
            EXPECT_THROW(l.time(), wrong_loop);
            EXPECT_THROW(l.stats(), wrong_loop);
            EXPECT_THROW(l.hold(), wrong_loop);
            EXPECT_THROW(l.set_exception_handler({}), wrong_loop);
            EXPECT_THAT(text_of<wrong_loop>([&] { h.cancel(); }),
                        HasSubstr("weft::handle::cancel"));
        }).join();
        EXPECT_FALSE(h.cancelled());
    });
}

TEST_F(loop_callbacks_test, an_empty_handle_says_so) {
    handle none;
    EXPECT_THAT(text_of<invalid_state>([&] { none.cancel(); }), HasSubstr("weft::handle::cancel"));
    EXPECT_THROW(static_cast<void>(none.when()), invalid_state);
}

TEST_F(loop_callbacks_test, the_running_loop_is_known_inside_and_only_inside) {
    EXPECT_EQ(running_loop_or_null(), nullptr);
    EXPECT_THAT(text_of<no_running_loop>([] { running_loop(); }), HasSubstr("weft::running_loop"));
    in_virtual_time([] {
        loop* const l = &running_loop();
        EXPECT_EQ(running_loop_or_null(), l);
        spawn([l] { EXPECT_EQ(&running_loop(), l); }).get();
        l->call_soon([l] { EXPECT_EQ(&running_loop(), l); });
        yield_times(2);
        std::thread([] { EXPECT_EQ(running_loop_or_null(), nullptr); }).join();
    });
}

} // namespace
} // namespace weft::test
