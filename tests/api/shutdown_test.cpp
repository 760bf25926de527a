// SPDX-License-Identifier: BSL-1.0
//
// The end of run() when tasks refuse to end: they are named on stderr and the process aborts,
// because a live stack is never freed. And the other deaths: stack overflow, a handle that dies on
// a foreign thread.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/stack_use.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <sys/socket.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using shutdown_Death = api_test;
using shutdown_test = api_test;

// Swallows every cancel and never ends.
[[noreturn]] void refuse() {
    for (;;) {
        try {
            sleep_for(1h);
        } catch (const cancelled&) {
        }
    }
}

TEST_F(shutdown_Death, a_task_that_refuses_is_named_and_the_process_aborts) {
    EXPECT_EXIT(run({.shutdown_timeout = 20ms},
                    [] {
                        spawn({.name = "stubborn"}, refuse).detach();
                        spawn({.name = "willing"}, sleep_until_cancelled).detach();
                        yield();
                    }),
                testing::KilledBySignal(SIGABRT), "weft: [^']*'stubborn' [^']*weft::sleep_for");
}

TEST_F(shutdown_Death, those_that_did_end_are_not_named) {
    EXPECT_EXIT(run({.shutdown_timeout = 20ms},
                    [] {
                        spawn({.name = "willing"}, sleep_until_cancelled).detach();
                        spawn({.name = "stubborn"}, refuse).detach();
                        yield();
                    }),
                testing::KilledBySignal(SIGABRT), "^weft: [^']*'stubborn'[^']*$");
}

TEST_F(shutdown_Death, a_task_that_never_blocks_again_but_yields_is_found_too) {
    EXPECT_EXIT(run({.shutdown_timeout = 20ms},
                    [] {
                        spawn({.name = "busy"}, [] {
                            for (;;) {
                                try {
                                    yield();
                                } catch (const cancelled&) {
                                }
                            }
                        }).detach();
                        yield();
                    }),
                testing::KilledBySignal(SIGABRT), "'busy'");
}

TEST_F(shutdown_Death, the_timeout_is_real_time_also_when_time_is_virtual) {
    EXPECT_EXIT(run({.virtual_time = true, .shutdown_timeout = 20ms},
                    [] {
                        spawn({.name = "stubborn"}, refuse).detach();
                        yield();
                    }),
                testing::KilledBySignal(SIGABRT), "'stubborn'");
}

TEST_F(shutdown_Death, a_task_that_waits_for_data_for_ever_is_found_in_virtual_time_too) {
    EXPECT_EXIT(run({.virtual_time = true, .shutdown_timeout = 20ms},
                    [] {
                        int ends[2];
                        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
                        spawn({.name = "reader"}, [&] {
                            stream s = stream::from_socket(ends[0]);
                            for (;;) {
                                end_of([&] { s.read(1); });
                            }
                        }).detach();
                        yield_times(2);
                    }),
                testing::KilledBySignal(SIGABRT), "'reader'.*weft::stream");
}

TEST_F(shutdown_Death, tasks_that_spawn_others_for_ever_are_found) {
    EXPECT_EXIT(run({.shutdown_timeout = 20ms},
                    [] {
                        struct respawn {
                            void operator()() const {
                                const at_scope_end again([] {
                                    spawn({.name = "phoenix"}, respawn{}).detach();
                                    yield();
                                });
                                sleep_until_cancelled();
                            }
                        };
                        spawn({.name = "phoenix"}, respawn{}).detach();
                        yield();
                    }),
                testing::KilledBySignal(SIGABRT), "'phoenix'");
}

TEST_F(shutdown_Death, a_wait_for_what_cannot_come_is_found_at_once) {
    const auto begin = clock::now();
    EXPECT_EXIT(run([] {
                    spawn({.name = "stuck"}, [] {
                        EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
                        sleep_until_cancelled();
                    }).detach();
                    yield();
                }),
                testing::KilledBySignal(SIGABRT), "'stuck'");
    EXPECT_LT(clock::now() - begin, 9s); // not after the ten seconds of shutdown_timeout
}

TEST_F(shutdown_Death, a_stack_overflow_names_the_task_its_stack_and_the_remedy) {
    EXPECT_EXIT(run([] {
                    auto deep =
                        spawn({.name = "recursive", .stack_size = 128 * 1024}, use_up_stack);
                    deep.get();
                }),
                testing::KilledBySignal(SIGSEGV),
                "weft: stack overflow in task 'recursive'.*131072.*task_options::stack_size");
}

TEST_F(shutdown_Death, a_stack_overflow_of_main_says_so_too) {
    EXPECT_EXIT(run({.stack_size = 64 * 1024}, use_up_stack), testing::KilledBySignal(SIGSEGV),
                "weft: stack overflow in task 'task-[0-9]+'.*65536.*run_options::stack_size");
}

TEST_F(shutdown_Death, a_handle_of_a_running_task_that_dies_on_another_thread) {
    EXPECT_EXIT(run([] {
                    auto t = spawn(sleep_until_cancelled);
                    std::thread([moved = std::move(t)] {}).join();
                }),
                testing::KilledBySignal(SIGABRT), "weft: .*another thread");
}

// --- what is not deadly ---

TEST_F(shutdown_test, a_task_may_take_its_time_within_the_timeout) {
    bool cleaned = false;
    run({.shutdown_timeout = 60s}, [&] {
        spawn([&] {
            EXPECT_EQ(end_of(sleep_until_cancelled), "cancelled");
            sleep_for(1ms);
            cleaned = true;
        }).detach();
        yield();
    });
    EXPECT_TRUE(cleaned);
}

TEST_F(shutdown_test, with_no_time_at_all_those_that_end_at_once_are_let_be) {
    live_count live;
    for (const auto timeout : {0ms, -1ms, std::chrono::milliseconds::min()}) {
        run({.shutdown_timeout = timeout}, [&] {
            spawn([held = live.make()] { sleep_until_cancelled(); }).detach();
            spawn([held = live.make()] {}).detach();
            yield();
        });
        EXPECT_EQ(live.alive(), 0);
    }
}

TEST_F(shutdown_test, a_timeout_too_long_to_add_is_no_limit) {
    live_count live;
    run({.shutdown_timeout = std::chrono::milliseconds::max()}, [&] {
        spawn([held = live.make()] {
            const at_scope_end clean([] { sleep_for(1us); }); // so that it does not end at once
            sleep_until_cancelled();
        }).detach();
        yield();
    });
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(shutdown_test, a_task_that_waits_for_one_spawned_while_cleaning_up_is_helped) {
    // The helper is younger than the shutdown and waits for ever: it is cancelled in its turn.
    std::string end;
    run([&] {
        spawn([&] {
            const at_scope_end clean([&] {
                auto helper = spawn(sleep_until_cancelled);
                helper.wait();
                end = helper.cancelled() ? "helped" : "?";
            });
            sleep_until_cancelled();
        }).detach();
        yield();
    });
    EXPECT_EQ(end, "helped");
}

TEST_F(shutdown_test, children_are_joined_before_their_parents_end) {
    std::string log;
    run({.virtual_time = true}, [&] {
        spawn([&] {
            const at_scope_end note([&] { log += "parent "; });
            auto child = spawn([&] {
                const at_scope_end clean([&] {
                    sleep_for(1h);
                    log += "child ";
                });
                sleep_until_cancelled();
            });
            sleep_until_cancelled();
        }).detach();
        yield_times(2);
    });
    EXPECT_EQ(log, "child parent ");
}

} // namespace
} // namespace weft::test
