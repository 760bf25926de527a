// SPDX-License-Identifier: BSL-1.0
//
// Ctrl-C under run(): the first one cancels the main task, the second ends the process.
#include "tests/support/api_fixture.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using interrupt_test = api_test;
using interrupt_Death = api_test;

struct sigaction disposition_of_interrupt() {
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    return now;
}

TEST_F(interrupt_test, the_first_one_cancels_the_main_task_and_run_throws_cancelled) {
    std::string main_got;
    std::string other_got;
    EXPECT_THROW(run([&] {
                     auto other = spawn([&] { other_got = end_of([] { sleep_for(1h); }); });
                     running_loop().call_later(5ms, [] { std::raise(SIGINT); });
                     main_got = end_of([] { sleep_for(1h); });
                     throw cancelled();
                 }),
                 cancelled);
    EXPECT_EQ(main_got, "cancelled");
    EXPECT_EQ(other_got, "cancelled");
    EXPECT_EQ(disposition_of_interrupt().sa_handler, SIG_DFL);
}

TEST_F(interrupt_test, wakes_a_loop_that_sleeps_and_one_that_is_busy) {
    EXPECT_THROW(run([] {
                     std::jthread other([] {
                         std::this_thread::sleep_for(10ms);
                         ::kill(::getpid(), SIGINT);
                     });
                     sleep_for(1h);
                 }),
                 cancelled);
    EXPECT_THROW(run([] {
                     std::raise(SIGINT);
                     for (;;) {
                         yield();
                     }
                 }),
                 cancelled);
}

TEST_F(interrupt_test, a_main_that_swallows_it_returns) {
    EXPECT_EQ(run([] {
                  std::raise(SIGINT);
                  EXPECT_EQ(end_of([] { sleep_for(1h); }), "cancelled");
                  sleep_for(1ms);
                  return 3;
              }),
              3);
}

TEST_F(interrupt_test, is_not_taken_when_the_program_has_a_handler_of_its_own) {
    std::signal(SIGINT, SIG_IGN);
    run([] {
        EXPECT_EQ(disposition_of_interrupt().sa_handler, SIG_IGN);
        std::raise(SIGINT);
        sleep_for(1ms);
    });
    EXPECT_EQ(disposition_of_interrupt().sa_handler, SIG_IGN);
    std::signal(SIGINT, SIG_DFL);
}

TEST_F(interrupt_test, gives_way_to_a_handler_of_the_loop_and_comes_back_after_it) {
    int calls = 0;
    EXPECT_THROW(run([&] {
                     running_loop().add_signal_handler(SIGINT, [&] { ++calls; });
                     for (int i = 0; i < 2; ++i) {
                         std::raise(SIGINT);
                         sleep_for(1ms);
                     }
                     EXPECT_EQ(calls, 2);
                     running_loop().remove_signal_handler(SIGINT);
                     std::raise(SIGINT);
                     sleep_for(1h);
                 }),
                 cancelled);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(disposition_of_interrupt().sa_handler, SIG_DFL);
}

TEST_F(interrupt_test, gives_way_to_a_task_that_waits_for_it) {
    EXPECT_EQ(run([] {
                  std::jthread other([] {
                      std::this_thread::sleep_for(10ms);
                      ::kill(::getpid(), SIGINT);
                  });
                  return wait_signal({SIGINT, SIGTERM});
              }),
              SIGINT);
    EXPECT_EQ(disposition_of_interrupt().sa_handler, SIG_DFL);
}

TEST_F(interrupt_test, does_not_hide_a_deadlock) {
    EXPECT_THROW(run(sleep_until_cancelled), deadlock_error);
}

TEST_F(interrupt_test, is_left_alone_by_loops_of_other_threads) {
    std::thread([] {
        run([] { EXPECT_EQ(disposition_of_interrupt().sa_handler, SIG_DFL); });
    }).join();
}

TEST_F(interrupt_test, works_in_every_run_of_a_runner_and_not_between) {
    runner r;
    for (int i = 0; i < 2; ++i) {
        EXPECT_THROW(r.run([] {
            std::raise(SIGINT);
            sleep_for(1h);
        }),
                     cancelled);
        EXPECT_EQ(disposition_of_interrupt().sa_handler, SIG_DFL);
    }
}

TEST_F(interrupt_Death, the_second_one_ends_the_process_though_the_loop_is_stuck) {
    EXPECT_EXIT(run([] {
                    std::raise(SIGINT);
                    std::raise(SIGINT);
                }),
                testing::KilledBySignal(SIGINT), "");
}

TEST_F(interrupt_Death, one_after_run_ends_the_process) {
    EXPECT_EXIT(
        {
            run([] {});
            std::raise(SIGINT);
        },
        testing::KilledBySignal(SIGINT), "");
}

} // namespace
} // namespace weft::test
