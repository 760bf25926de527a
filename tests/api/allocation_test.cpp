// SPDX-License-Identifier: BSL-1.0
//
// Memory: what is refused leads to an error of the call and to nothing else; what is used is given
// back.
#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/api_stderr.hpp"
#include "tests/support/resources.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using allocation_test = api_test;
using allocation_Death = api_test;
using allocation_HugeStress = api_test;
using testing::HasSubstr;

TEST_F(allocation_test, no_memory_for_a_task_is_a_spawn_error_and_the_loop_goes_on) {
    in_virtual_time([] {
        auto other = spawn([] { sleep_for(1h); });
        live_count live;
        std::string text;
        int error_number = 0;
        {
            failing_new once(1);
            try {
                // Large, so that no block kept from an earlier task fits.
                spawn([held = live.make(), big = std::array<char, 3'000>()] {
                    static_cast<void>(big);
                }).detach();
            } catch (const spawn_error& e) {
                once.stop();
                text = e.what();
                error_number = e.code().value();
            }
            EXPECT_TRUE(once.struck());
        }
        EXPECT_THAT(text, HasSubstr("weft::spawn"));
        EXPECT_EQ(error_number, ENOMEM);
        EXPECT_EQ(live.alive(), 0);
        EXPECT_EQ(all_tasks().size(), 2u);
        other.get();
        EXPECT_EQ(spawn([] { return 1; }).get(), 1);
    });
}

// Calls f() with the first, the second, ... of its allocations failing until none does. What it
// throws must be spawn_error or bad_alloc, and the loop must work after it.
template <class F>
void with_each_allocation_failing(F f) {
    for (int nth = 1;; ++nth) {
        SCOPED_TRACE("allocation " + std::to_string(nth) + " fails");
        bool struck = false;
        bool threw = false;
        {
            failing_new once(nth);
            try {
                f();
            } catch (const spawn_error&) {
                threw = true;
            } catch (const std::bad_alloc&) {
                threw = true;
            }
            once.stop();
            struck = once.struck();
        }
        yield_times(3);
        ASSERT_EQ(all_tasks().size(), 1u);
        ASSERT_EQ(spawn([] { return 1; }).get(), 1);
        if (!struck) {
            EXPECT_FALSE(threw);
            EXPECT_GT(nth, 1) << "nothing was allocated at all";
            return;
        }
        EXPECT_TRUE(threw);
    }
}

TEST_F(allocation_test, each_failing_one_in_spawn) {
    in_virtual_time([] {
        live_count live;
        with_each_allocation_failing([&] {
            auto t = spawn(
                {.name = "a name too long to be kept in the string object itself"},
                [held = live.make(), big = std::array<char, 3'000>()] { static_cast<void>(big); });
            t.wait();
        });
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(allocation_test, each_failing_one_in_a_stack_size_not_used_before) {
    in_virtual_time([] {
        std::size_t size = 64 * 1024;
        with_each_allocation_failing([&] {
            size += 4096;
            spawn({.stack_size = size}, [] {}).wait();
        });
    });
}

TEST_F(allocation_test, each_failing_one_in_gather) {
    in_virtual_time([] {
        live_count live;
        with_each_allocation_failing([&] {
            const auto child = [held = live.make(), big = std::array<char, 3'000>()] {
                static_cast<void>(big);
                yield();
                return 1;
            };
            gather(child, child, child);
        });
        with_each_allocation_failing([&] {
            const auto make = [](int i) {
                return [i, big = std::array<char, 3'000>()] {
                    static_cast<void>(big);
                    yield();
                    return i;
                };
            };
            gather(std::vector{make(1), make(2), make(3)});
        });
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(allocation_test, each_failing_one_in_add_done_callback) {
    in_virtual_time([] {
        live_count live;
        int ran = 0;
        auto t = spawn([] {});
        t.wait();
        with_each_allocation_failing([&] {
            t.add_done_callback(
                [&ran, held = live.make(), big = std::array<char, 100>()](const task_ref&) {
                    static_cast<void>(big);
                    ++ran;
                });
        });
        EXPECT_EQ(ran, 1);
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(allocation_test, a_cancel_without_a_message_allocates_nothing) {
    in_virtual_time([] {
        auto t = spawn(sleep_until_cancelled);
        yield();
        const failing_new none(1);
        EXPECT_TRUE(t.cancel());
        EXPECT_FALSE(none.struck());
    });
}

TEST_F(allocation_test, blocking_and_waking_allocate_nothing) {
    in_virtual_time([] {
        auto t = spawn([] {
            yield_times(10);
            for (int i = 0; i < 10; ++i) {
                sleep_for(1s);
            }
        });
        yield();
        sleep_for(1ns); // the timer heap has its memory
        const failing_new none(1);
        yield_times(10);
        sleep_for(3s);
        t.wait();
        EXPECT_FALSE(none.struck());
    });
}

TEST_F(allocation_test, an_absurd_stack_size_is_a_spawn_error_and_the_loop_goes_on) {
    in_virtual_time([] {
        live_count live;
        for (const std::size_t size : {SIZE_MAX, SIZE_MAX / 2, std::size_t{1} << 60}) {
            for (const bool eager : {false, true}) {
                const std::string text = text_of<spawn_error>([&] {
                    spawn({.name = "giant", .stack_size = size, .eager = eager}, [held =
                                                                                      live.make()] {
                        ADD_FAILURE() << "it ran";
                    }).detach();
                });
                EXPECT_THAT(text, HasSubstr("weft::spawn"));
                EXPECT_THAT(text, HasSubstr("stack"));
            }
        }
        EXPECT_EQ(live.alive(), 0);
        EXPECT_EQ(spawn([] { return 1; }).get(), 1);
    });
}

TEST_F(allocation_test, a_failed_spawn_among_many_leaves_the_others_alone) {
    in_virtual_time([] {
        std::vector<task<int>> tasks;
        for (int i = 0; i < 100; ++i) {
            tasks.push_back(spawn([i] {
                sleep_for(1h);
                return i;
            }));
            EXPECT_THROW(spawn({.stack_size = SIZE_MAX / 2}, [] {}).detach(), spawn_error);
        }
        int sum = 0;
        for (auto& t : tasks) {
            sum += t.get();
        }
        EXPECT_EQ(sum, 4950);
    });
}

// --- with the process's address space limited, in a child ---

void limit_address_space(std::size_t more) {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (file == nullptr || std::fscanf(file, "%lu", &pages) != 1) {
        std::_Exit(2);
    }
    std::fclose(file);
    const rlimit limit{pages * 4096 + more, pages * 4096 + more};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) {
        std::_Exit(3);
    }
}

TEST_F(allocation_Death, address_space_that_ends_is_a_spawn_error_and_the_loop_goes_on) {
    if (any_sanitizer) {
        GTEST_SKIP() << "sanitizers need the address space themselves";
    }
    EXPECT_EXIT(
        {
            int refused = 0;
            int summed = 0;
            run([&] {
                limit_address_space(std::size_t{600} << 20);
                for (int round = 0; round < 2; ++round) {
                    std::vector<task<int>> tasks;
                    try {
                        for (;;) {
                            tasks.push_back(spawn([] {
                                yield();
                                return 1;
                            }));
                        }
                    } catch (const spawn_error& e) {
                        ++refused;
                        std::fprintf(stderr, "%s\n", e.what());
                    }
                    for (auto& t : tasks) {
                        summed += t.get();
                    }
                }
            });
            std::_Exit(refused == 2 && summed > 1'000 ? 0 : 1);
        },
        testing::ExitedWithCode(0), "weft::spawn: no stack.*ulimit -v");
}

TEST_F(allocation_Death, a_loop_that_cannot_have_its_first_stacks_is_an_error_of_run) {
    if (any_sanitizer) {
        GTEST_SKIP() << "sanitizers need the address space themselves";
    }
    EXPECT_EXIT(
        {
            limit_address_space(std::size_t{8} << 20);
            try {
                run([] {});
            } catch (const spawn_error& e) {
                std::fprintf(stderr, "%s\n", e.what());
                std::_Exit(0);
            }
            std::_Exit(1);
        },
        testing::ExitedWithCode(0), "no stack");
}

// --- flat memory ---

TEST_F(allocation_test, a_run_gives_everything_back) {
    const auto use = [] {
        in_virtual_time([] {
            std::vector<task<int>> tasks;
            for (int i = 0; i < 100; ++i) {
                tasks.push_back(spawn({.name = "named"}, [i] {
                    sleep_for(std::chrono::minutes(i));
                    return i;
                }));
                tasks.back().add_done_callback([](const task_ref&) {});
            }
            tasks[50].cancel("with a message");
            EXPECT_EQ(end_of([&] { gather([] { throw std::runtime_error("x"); }, [] {}); }),
                      "error: x");
            for (auto& t : tasks) {
                t.wait();
            }
        });
    };
    use(); // what is made once and kept
    const long before = live_allocations();
    use();
    EXPECT_EQ(live_allocations(), before);
}

// Calls round(n) and then round(n) again: the second time must not need more memory.
template <class F>
void expect_flat(F round) {
    round();
    const long allocations = live_allocations();
    const std::size_t resident = resident_bytes();
    round();
    EXPECT_LE(live_allocations(), allocations + 16);
    if (!any_sanitizer) {
        EXPECT_LT(resident_bytes(), resident + (std::size_t{2} << 20));
    }
}

constexpr int many = any_sanitizer ? 5'000 : 100'000;

TEST_F(allocation_HugeStress, memory_is_flat_over_100000_tasks_one_after_another) {
    run([] {
        expect_flat([] {
            for (int i = 0; i < many; ++i) {
                spawn([] { yield(); }).get();
            }
        });
    });
}

TEST_F(allocation_HugeStress, memory_is_flat_over_100000_tasks_in_crowds) {
    run([] {
        expect_flat([] {
            for (int i = 0; i < many / 1'000; ++i) {
                std::vector<task<void>> crowd;
                for (int j = 0; j < 1'000; ++j) {
                    crowd.push_back(spawn([] { yield(); }));
                }
                for (auto& t : crowd) {
                    t.get();
                }
            }
        });
    });
}

TEST_F(allocation_HugeStress, memory_is_flat_over_100000_cancels_and_errors) {
    stderr_lines captured;
    run([] {
        expect_flat([] {
            for (int i = 0; i < many / 2; ++i) {
                auto t = spawn(sleep_until_cancelled);
                yield();
                t.cancel("with a message that is long enough to need memory of its own");
                t.wait();
                auto failing = spawn([] { throw std::runtime_error("boom"); });
                failing.wait();
                EXPECT_NE(failing.exception(), nullptr);
            }
        });
    });
    EXPECT_TRUE(captured.finish().empty());
}

TEST_F(allocation_HugeStress, memory_is_flat_over_10000_runs) {
    expect_flat([] {
        for (int i = 0; i < many / 10; ++i) {
            run([] { spawn([] {}).get(); });
        }
    });
}

} // namespace
} // namespace weft::test
