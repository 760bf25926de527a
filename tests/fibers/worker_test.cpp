// SPDX-License-Identifier: BSL-1.0
//
// Workers and their pools: a stack comes with the first step, is used again while warm, is clean
// for its next user, is trimmed after a deep one, and goes back to the kernel when nobody needed it
// for a while.
#include "fibers/worker.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/resources.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/stack_use.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <set>
#include <string>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::memory_faults;

class worker_test : public test::kernel_fixture {
  public:
    const worker_pool& pool() { return kernel().default_pool(); }
    std::size_t stacks() { return pool().idle() + pool().in_use(); }
    std::byte* top_of_this_stack() {
        const worker& w = *kernel().running_worker();
        return w.slot().low + w.pool().stack_size();
    }
    void rebuild_with_surplus_release() {
        scheduler_options options = default_options();
        options.real_time = true; // virtual time passes for real time here
        rebuild(options);
    }
};

TEST_F(worker_test, a_fiber_has_no_stack_until_its_first_step) {
    for (std::size_t i = 0; i < 1000; ++i) {
        start([] {});
    }
    EXPECT_EQ(stacks(), 0U);
    run();
    EXPECT_EQ(stacks(), 1U) << "one after the other on one warm stack";
}

TEST_F(worker_test, fibers_that_never_block_share_one_stack) {
    std::set<const worker*> seen;
    for (int i = 0; i < 100; ++i) {
        start([&, this] { seen.insert(kernel().running_worker()); });
    }
    run();
    EXPECT_EQ(seen.size(), 1U);
}

TEST_F(worker_test, a_fiber_keeps_its_stack_while_it_lives) {
    for (int i = 0; i < 20; ++i) {
        start([this, i] {
            const worker* const mine = kernel().running_worker();
            for (int k = 0; k < 5; ++k) {
                k % 2 == 0 ? static_cast<void>(yield()) : static_cast<void>(sleep_for(i * 1ms));
                EXPECT_EQ(kernel().running_worker(), mine);
            }
        });
    }
    run();
    EXPECT_EQ(pool().idle(), 20U);
}

TEST_F(worker_test, the_pool_hands_out_the_stack_used_last) {
    const worker* last = nullptr;
    for (int i = 0; i < 5; ++i) {
        start([&, this] {
            yield();
            last = kernel().running_worker();
        });
    }
    run();
    start([&, this] { EXPECT_EQ(kernel().running_worker(), last); });
    run();
}

TEST_F(worker_test, stacks_of_each_size_come_from_a_pool_of_their_own) {
    const std::size_t sizes[] = {0, 64 * 1024, 1024 * 1024, 3 * 1024 * 1024};
    for (const std::size_t size : sizes) {
        for (int i = 0; i < 3; ++i) {
            start(
                [this, size] {
                    const std::size_t mine = kernel().running_worker()->pool().stack_size();
                    EXPECT_EQ(mine, size == 0 ? scheduler_options{}.stack_size : size);
                    yield();
                    test::use_stack(mine / 2);
                },
                size);
        }
    }
    run();
}

TEST_F(worker_test, equal_stack_sizes_share_a_pool_however_they_are_written) {
    const worker_pool* expected = nullptr;
    for (const std::size_t size : {100'000, 100'352, 102'400}) { // 25 pages all of them
        start(
            [&, this] {
                const worker_pool* mine = &kernel().running_worker()->pool();
                EXPECT_TRUE(expected == nullptr || mine == expected);
                expected = mine;
            },
            size);
    }
    start([this] { EXPECT_EQ(&kernel().running_worker()->pool(), &pool()); },
          scheduler_options{}.stack_size);
    run();
}

TEST_F(worker_test, the_smallest_stack_runs_a_fiber) {
    if (test::sanitized) {
        GTEST_SKIP() << "instrumented frames need more";
    }
    start([this] { yield(); }, 1);
    run();
}

// --- deep stacks ---

TEST_F(worker_test, most_of_the_stack_can_be_used) {
    for (const std::size_t size : {256 * 1024, 1024 * 1024, 8 * 1024 * 1024}) {
        start(
            [this, size] {
                const auto usable = size - kernel().running_worker()->pool().memory().guard_size();
                test::at_depth(usable - 8 * 1024, [this] { yield(); });
            },
            size);
    }
    run();
}

TEST_F(worker_test, a_deep_stack_is_trimmed_when_the_loop_has_time) {
    std::byte* deep = nullptr;
    std::byte* shallow = nullptr;
    for (int round = 0; round < 3; ++round) {
        start([&, this] {
            deep = top_of_this_stack() - 160 * 1024;
            shallow = top_of_this_stack() - 8 * 1024;
            test::use_stack(200 * 1024);
            EXPECT_TRUE(stack_memory::resident(deep));
        });
        run();
        pass_time(1ms);
        EXPECT_FALSE(stack_memory::resident(deep));
        EXPECT_TRUE(stack_memory::resident(shallow)) << "what is needed again soon is kept";
    }
}

// One frame steps over the pages just below the part that is kept.
TEST_F(worker_test, a_deep_frame_that_leaves_pages_out_is_trimmed_too) {
    std::byte* deep = nullptr;
    start([&, this] {
        // Written by address, as a large buffer of which only the far end is used would be.
        deep = kernel().running_worker()->slot().low + pool().memory().guard_size();
        *static_cast<volatile std::byte*>(deep) = std::byte{1};
        EXPECT_TRUE(stack_memory::resident(deep));
    });
    run();
    pass_time(1ms);
    EXPECT_FALSE(stack_memory::resident(deep));
}

TEST_F(worker_test, a_deep_stack_in_use_is_not_trimmed) {
    start([&, this] {
        test::at_depth(200 * 1024, [&, this] {
            volatile char mine[64] = {};
            mine[1] = 42;
            sleep_for(1ms);
            EXPECT_EQ(mine[1], 42);
        });
    });
    run();
}

TEST_F(worker_test, a_thousand_deep_stacks_do_not_stay_resident) {
    rebuild_with_surplus_release();
    constexpr std::size_t fibers = test::many_fibers / 10;
    const std::size_t before = test::resident_bytes();
    std::vector<std::byte*> deep;
    for (std::size_t i = 0; i < fibers; ++i) {
        start([&, this] {
            deep.push_back(top_of_this_stack() - 160 * 1024);
            test::at_depth(200 * 1024, [this] { yield(); });
        });
    }
    run();
    EXPECT_EQ(pool().idle(), fibers);
    for (int second = 0; second < 60; ++second) {
        pass_time(1s);
    }
    EXPECT_EQ(pool().idle(), worker_pool::always_kept);
    EXPECT_EQ(std::count_if(deep.begin(), deep.end(),
                            [](std::byte* at) { return stack_memory::resident(at); }),
              0);
    if (!test::sanitized) {
        EXPECT_LT(test::resident_bytes() - before, worker_pool::always_kept * 48 * 1024);
    }
}

// --- clean for the next user ---

TEST_F(worker_test, a_stack_from_the_pool_is_clean_for_its_next_user) {
    for (int round = 0; round < 10; ++round) {
        const worker* used = nullptr;
        start([&, this] {
            used = kernel().running_worker();
            try {
                test::at_depth(100 * 1024, [] { throw 1; }); // frames that never return
            } catch (int) {
            }
            volatile char spoiled[8 * 1024];
            for (volatile char& c : spoiled) {
                c = 0x5a;
            }
            errno = EPIPE;
        });
        run();
        start([&, this] {
            EXPECT_EQ(kernel().running_worker(), used);
            EXPECT_EQ(errno, 0);
            EXPECT_EQ(std::current_exception(), nullptr);
            test::at_depth(150 * 1024, [this] { yield(); });
        });
        run();
    }
}

TEST_F(worker_test, a_stack_given_back_to_the_kernel_is_zero_for_its_next_user) {
    rebuild_with_surplus_release();
    std::set<std::byte*> lows;
    const std::size_t fibers = 2 * worker_pool::always_kept;
    std::size_t spoiled = 0;
    for (const bool second : {false, true}) {
        for (std::size_t i = 0; i < fibers; ++i) {
            start([&, this] {
                const stack_slot slot = kernel().running_worker()->slot();
                std::byte* const below = slot.low + pool().memory().guard_size() + 64 * 1024;
                if (second && *static_cast<volatile std::byte*>(below) != std::byte{0}) {
                    ++spoiled;
                }
                *static_cast<volatile std::byte*>(below) = std::byte{0x5a};
                lows.insert(slot.low);
                yield();
            });
        }
        run();
        pass_time(10s);
    }
    EXPECT_EQ(lows.size(), fibers) << "the same stacks were used again";
    EXPECT_LE(spoiled, worker_pool::always_kept);
}

// --- surplus ---

TEST_F(worker_test, surplus_stacks_are_released_when_the_loop_is_idle) {
    rebuild_with_surplus_release();
    for (std::size_t i = 0; i < 500; ++i) {
        start([this] { yield(); });
    }
    run();
    EXPECT_EQ(pool().idle(), 500U);
    start([this] {
        sleep_for(10s);
        EXPECT_EQ(stacks(), worker_pool::always_kept);
        EXPECT_EQ(pool().in_use(), 1U);
    });
    run();
}

TEST_F(worker_test, what_was_needed_lately_is_kept) {
    rebuild_with_surplus_release();
    start([this] {
        for (int round = 0; round < 20; ++round) {
            for (std::size_t i = 0; i < 300; ++i) {
                start([this] { yield(); });
            }
            sleep_for(500ms);
            if (round > 2) {
                EXPECT_GE(stacks(), 300U);
            }
        }
        const std::size_t guards = memory().made(memory_faults::call::madvise);
        for (std::size_t i = 0; i < 300; ++i) {
            start([this] { yield(); });
        }
        sleep_for(1ms);
        EXPECT_EQ(memory().made(memory_faults::call::madvise), guards) << "no stack was made anew";
    });
    run();
}

TEST_F(worker_test, virtual_time_releases_nothing) {
    for (std::size_t i = 0; i < 200; ++i) {
        start([this] { yield(); });
    }
    run();
    const time_point begin = kernel().now();
    start([this] { sleep_for(1h); });
    run();
    EXPECT_EQ(kernel().now(), begin + 1h);
    EXPECT_EQ(pool().idle(), 200U);
}

TEST_F(worker_test, released_stacks_are_used_again_before_new_ones) {
    rebuild_with_surplus_release();
    const std::size_t maps = memory().made(memory_faults::call::mmap);
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < 200; ++i) {
            start([this] { yield(); });
        }
        run();
        pass_time(10s);
    }
    EXPECT_EQ(memory().made(memory_faults::call::mmap), maps + 1) << "one slab";
}

} // namespace
} // namespace weft::fibers
