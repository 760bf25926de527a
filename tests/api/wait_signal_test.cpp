// SPDX-License-Identifier: BSL-1.0
//
// Tasks that wait for signals: which is told, what a cancel in the same turn leaves, and what
// happens to a signal nobody waits for.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using wait_signal_test = api_test;
using wait_signal_order_test = ordered_api_test;
using testing::HasSubstr;

TEST_F(wait_signal_test, returns_the_signal_that_came) {
    run([] {
        std::thread other([] {
            std::this_thread::sleep_for(10ms);
            ::kill(::getpid(), SIGUSR2);
        });
        EXPECT_EQ(wait_signal({SIGUSR1, SIGUSR2}), SIGUSR2);
        other.join();
    });
}

TEST_F(wait_signal_test, one_that_comes_between_two_waits_is_kept) {
    in_virtual_time([] {
        auto first = spawn([] { return wait_signal({SIGUSR1, SIGUSR2}); });
        yield_times(2);
        std::raise(SIGUSR2);
        std::raise(SIGUSR1);
        EXPECT_EQ(first.get(), SIGUSR1) << "the lowest";
        EXPECT_EQ(wait_signal({SIGUSR1, SIGUSR2}), SIGUSR2);
        std::raise(SIGUSR1);
        sleep_for(1s);
        EXPECT_EQ(wait_signal({SIGUSR1}), SIGUSR1);
    });
    struct sigaction now {};
    sigaction(SIGUSR1, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST_F(wait_signal_test, goes_to_one_of_the_tasks_that_wait_for_it) {
    in_virtual_time([] {
        int got = 0;
        const auto take = [&] {
            wait_signal({SIGUSR1});
            ++got;
        };
        auto a = spawn(take);
        auto b = spawn(take);
        yield_times(2);
        std::raise(SIGUSR1);
        sleep_for(1s);
        EXPECT_EQ(got, 1);
        std::raise(SIGUSR1);
        sleep_for(1s);
        EXPECT_EQ(got, 2);
    });
}

TEST_F(wait_signal_test, does_not_take_what_another_task_waits_for) {
    in_virtual_time([] {
        auto a = spawn([] { return wait_signal({SIGUSR1}); });
        auto b = spawn([] { return wait_signal({SIGUSR2}); });
        yield_times(2);
        std::raise(SIGUSR2);
        EXPECT_EQ(b.get(), SIGUSR2);
        EXPECT_FALSE(a.done());
    });
}

TEST_F(wait_signal_test, and_a_handler_are_both_told) {
    in_virtual_time([] {
        int calls = 0;
        running_loop().add_signal_handler(SIGUSR1, [&] { ++calls; });
        auto waiter = spawn([] { return wait_signal({SIGUSR1}); });
        yield_times(2);
        std::raise(SIGUSR1);
        EXPECT_EQ(waiter.get(), SIGUSR1);
        EXPECT_EQ(calls, 1);
        std::raise(SIGUSR1); // for the handler alone: nothing is kept
        sleep_for(1s);
        EXPECT_EQ(calls, 2);
        EXPECT_TRUE(running_loop().remove_signal_handler(SIGUSR1));
        auto next = spawn([] { return wait_signal({SIGUSR1}); });
        sleep_for(1s);
        EXPECT_FALSE(next.done());
        std::raise(SIGUSR1);
        EXPECT_EQ(next.get(), SIGUSR1);
    });
}

TEST_F(wait_signal_test, cancelled_while_waiting_leaves) {
    in_virtual_time([] {
        auto waiter = spawn([] { wait_signal({SIGUSR1}); });
        yield_times(2);
        waiter.cancel();
        waiter.wait();
        EXPECT_TRUE(waiter.cancelled());
    });
}

TEST_F(wait_signal_order_test, cancelled_in_the_turn_of_the_signal_leaves_it_to_the_next) {
    for (const bool cancel_first : {true, false}) {
        in_virtual_time([&] {
            auto waiter = spawn([] { wait_signal({SIGUSR1}); });
            yield_times(2);
            const auto cancel = [&] { waiter.cancel(); };
            if (cancel_first) {
                std::raise(SIGUSR1); // told when the loop looks, behind the cancel
                cancel();
            } else {
                // The handler's callback runs in the turn in which the waiter was woken.
                running_loop().add_signal_handler(SIGUSR1, cancel);
                std::raise(SIGUSR1);
                sleep_for(1s);
            }
            waiter.wait();
            EXPECT_TRUE(waiter.cancelled());
            EXPECT_EQ(wait_signal({SIGUSR1}), SIGUSR1);
        });
    }
}

TEST_F(wait_signal_order_test, a_time_limit_in_the_turn_of_the_signal_loses_nothing) {
    in_virtual_time([] {
        auto waiter = spawn([] { return with_timeout(1s, [] { return wait_signal({SIGUSR1}); }); });
        running_loop().call_later(1s, [] { std::raise(SIGUSR1); });
        EXPECT_THROW(waiter.get(), timeout_error);
        EXPECT_EQ(wait_signal({SIGUSR1}), SIGUSR1);
    });
}

TEST_F(wait_signal_test, cancelled_at_every_turn_loses_no_signal) {
    cancel_at_every_turn([](cancel_attempt& attempt) {
        auto first = spawn([] { wait_signal({SIGUSR1}); });
        yield_times(2);
        first.cancel();
        first.wait(); // from now on the signal is the loop's
        int taken = 0;
        running_loop().call_later(1ms, [] { std::raise(SIGUSR1); });
        running_loop().call_later(3ms, [] { std::raise(SIGUSR1); });
        attempt.run([&] {
            for (int i = 0; i < 2; ++i) {
                wait_signal({SIGUSR1});
                ++taken;
                sleep_for(2ms);
            }
        });
        sleep_for(10ms); // those that came since count as one
        if (taken < 2) {
            EXPECT_EQ(wait_signal({SIGUSR1}), SIGUSR1); // a lost one would be a deadlock
        }
    });
}

TEST_F(wait_signal_test, waiting_again_and_waking_allocate_nothing) {
    in_virtual_time([] {
        auto waiter = spawn([] {
            for (;;) {
                wait_signal({SIGUSR1});
            }
        });
        yield_times(2);
        failing_new any(1);
        for (int i = 0; i < 5; ++i) {
            std::raise(SIGUSR1);
            sleep_for(1s);
        }
        any.stop();
        EXPECT_FALSE(any.struck());
    });
}

TEST_F(wait_signal_test, misuse_says_so) {
    EXPECT_THROW(wait_signal({SIGUSR1}), no_running_loop);
    in_virtual_time([] {
        EXPECT_THAT(text_of<std::invalid_argument>([] { wait_signal({}); }),
                    HasSubstr("weft::wait_signal"));
        std::string text;
        running_loop().call_soon(
            [&] { text = text_of<not_in_task>([] { wait_signal({SIGUSR1}); }); });
        yield_times(2);
        EXPECT_THAT(text, HasSubstr("weft::wait_signal"));
    });
}

} // namespace
} // namespace weft::test
