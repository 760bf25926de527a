// SPDX-License-Identifier: BSL-1.0
//
// Signal handlers of a loop, and what becomes of the signal's disposition.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <atomic>
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
using signals_test = api_test;
using signals_Stress = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using disposition = void (*)(int);

disposition disposition_of(int signal_number) {
    struct sigaction now {};
    EXPECT_EQ(sigaction(signal_number, nullptr, &now), 0);
    return now.sa_handler;
}

TEST_F(signals_test, a_handler_is_called_on_the_loop_after_the_signal) {
    in_virtual_time([] {
        int calls = 0;
        running_loop().add_signal_handler(SIGUSR1, [&] { ++calls; });
        std::raise(SIGUSR1);
        EXPECT_EQ(calls, 0) << "not inside the signal";
        sleep_for(1s);
        EXPECT_EQ(calls, 1);
        std::raise(SIGUSR1);
        sleep_for(1s);
        EXPECT_EQ(calls, 2);
    });
}

TEST_F(signals_test, a_handler_must_not_block) {
    in_virtual_time([] {
        bool refused = false;
        running_loop().add_signal_handler(
            SIGUSR1, [&] { refused = !text_of<not_in_task>([] { yield(); }).empty(); });
        std::raise(SIGUSR1);
        sleep_for(1s);
        EXPECT_TRUE(refused);
    });
}

TEST_F(signals_test, a_busy_loop_hears_of_it_too) {
    in_virtual_time([] {
        bool heard = false;
        running_loop().add_signal_handler(SIGUSR1, [&] { heard = true; });
        std::raise(SIGUSR1);
        for (int turns = 0; turns < 1'000 && !heard; ++turns) {
            yield();
        }
        EXPECT_TRUE(heard);
    });
}

TEST_F(signals_test, a_second_handler_takes_the_place_of_the_first) {
    in_virtual_time([] {
        live_count live;
        std::vector<int> calls;
        running_loop().add_signal_handler(SIGUSR1, [&, held = live.make()] { calls.push_back(1); });
        std::raise(SIGUSR1);
        running_loop().add_signal_handler(SIGUSR1, [&, held = live.make()] { calls.push_back(2); });
        EXPECT_EQ(live.alive(), 1);
        sleep_for(1s);
        EXPECT_THAT(calls, ElementsAre(2));
        EXPECT_TRUE(running_loop().remove_signal_handler(SIGUSR1));
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(signals_test, removing_a_handler_puts_back_what_the_signal_did) {
    std::signal(SIGUSR1, SIG_IGN);
    in_virtual_time([] {
        loop& l = running_loop();
        l.add_signal_handler(SIGUSR1, [] {});
        EXPECT_NE(disposition_of(SIGUSR1), SIG_IGN);
        EXPECT_TRUE(l.remove_signal_handler(SIGUSR1));
        EXPECT_EQ(disposition_of(SIGUSR1), SIG_IGN);
        EXPECT_FALSE(l.remove_signal_handler(SIGUSR1));
        EXPECT_FALSE(l.remove_signal_handler(-7));
    });
    std::signal(SIGUSR1, SIG_DFL);
}

TEST_F(signals_test, the_end_of_the_loop_puts_it_back_too) {
    live_count live;
    in_virtual_time([&] {
        running_loop().add_signal_handler(SIGUSR2, [held = live.make()] {});
        running_loop().add_signal_handler(SIGUSR1, [held = live.make()] {});
    });
    EXPECT_EQ(live.alive(), 0);
    EXPECT_EQ(disposition_of(SIGUSR1), SIG_DFL);
    EXPECT_EQ(disposition_of(SIGUSR2), SIG_DFL);
}

TEST_F(signals_test, what_the_program_installed_meanwhile_stays) {
    in_virtual_time([] {
        running_loop().add_signal_handler(SIGUSR1, [] {});
        std::signal(SIGUSR1, SIG_IGN);
    });
    EXPECT_EQ(disposition_of(SIGUSR1), SIG_IGN);
    std::signal(SIGUSR1, SIG_DFL);
}

TEST_F(signals_test, one_that_was_removed_before_its_turn_is_not_called) {
    in_virtual_time([] {
        loop& l = running_loop();
        l.add_signal_handler(SIGUSR1, [&] {
            EXPECT_TRUE(l.remove_signal_handler(SIGUSR2));
            EXPECT_TRUE(l.remove_signal_handler(SIGUSR1)); // itself
        });
        l.add_signal_handler(SIGUSR2, [] { ADD_FAILURE(); });
        std::raise(SIGUSR2);
        std::raise(SIGUSR1);
        sleep_for(1s);
        EXPECT_FALSE(l.remove_signal_handler(SIGUSR1));
    });
}

TEST_F(signals_test, refuses_what_cannot_be_caught) {
    in_virtual_time([] {
        loop& l = running_loop();
        for (const int n : {SIGKILL, SIGSTOP, SIGSEGV, SIGFPE, 0, -1, 32, 65, 1'000}) {
            EXPECT_THAT(
                text_of<std::invalid_argument>([&] { l.add_signal_handler(n, [] {}); }),
                AllOf(HasSubstr("weft::loop::add_signal_handler"), HasSubstr(std::to_string(n))));
            EXPECT_THROW(wait_signal({SIGUSR1, n}), std::invalid_argument);
        }
        EXPECT_EQ(disposition_of(SIGUSR1), SIG_DFL) << "all or nothing";
        l.add_signal_handler(SIGRTMAX, [] {});
    });
}

TEST_F(signals_test, keep_a_loop_in_which_every_task_waits_from_being_called_a_deadlock) {
    run([] {
        auto waiter = spawn([] { sleep_until_cancelled(); });
        running_loop().add_signal_handler(SIGUSR1, [&] { waiter.cancel(); });
        std::thread other([] {
            std::this_thread::sleep_for(20ms);
            ::kill(::getpid(), SIGUSR1);
        });
        waiter.wait();
        other.join();
    });
}

TEST_F(signals_test, an_exception_is_reported_and_the_handler_stays) {
    stderr_lines captured;
    in_virtual_time([] {
        running_loop().add_signal_handler(SIGUSR1, [] { throw std::runtime_error("boom"); });
        for (int i = 0; i < 2; ++i) {
            std::raise(SIGUSR1);
            sleep_for(1s);
        }
    });
    EXPECT_THAT(captured.finish(),
                ElementsAre(AllOf(HasSubstr("exception in a signal handler"), HasSubstr("boom")),
                            HasSubstr("boom")));
}

TEST_F(signals_test, every_loop_that_asked_is_told) {
    std::atomic<int> ready = 0;
    std::atomic<int> told = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            run([&] {
                auto waiter = spawn([] { sleep_until_cancelled(); });
                running_loop().add_signal_handler(SIGUSR1, [&] {
                    ++told;
                    waiter.cancel();
                });
                ++ready;
                waiter.wait();
            });
        });
    }
    while (ready < 3) {
        std::this_thread::yield();
    }
    ::kill(::getpid(), SIGUSR1);
    threads.clear();
    EXPECT_EQ(told, 3);
    EXPECT_EQ(disposition_of(SIGUSR1), SIG_DFL);
}

// Loops begin and end under a rain of signals that some of them have asked for.
TEST_F(signals_Stress, come_while_loops_begin_and_end) {
    std::signal(SIGUSR1, SIG_IGN);
    std::atomic<bool> over = false;
    std::jthread rain([&] {
        while (!over) {
            ::kill(::getpid(), SIGUSR1);
        }
    });
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([] {
            for (int round = 0; round < 200; ++round) {
                run([&] {
                    running_loop().add_signal_handler(SIGUSR1, [] {});
                    EXPECT_EQ(wait_signal({SIGUSR1}), SIGUSR1);
                });
            }
        });
    }
    threads.clear();
    over = true;
    rain.join();
    EXPECT_EQ(disposition_of(SIGUSR1), SIG_IGN);
    std::signal(SIGUSR1, SIG_DFL);
}

} // namespace
} // namespace weft::test
