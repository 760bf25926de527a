// SPDX-License-Identifier: BSL-1.0
//
// Many rounds and many fibers: memory stays flat, and no stack is made that is not needed.
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/random_seed.hpp"
#include "tests/support/resources.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/stack_use.hpp"

#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::memory_faults;

class worker_Stress : public test::kernel_fixture {
  public:
    std::size_t stacks() {
        const worker_pool& pool = kernel().default_pool();
        return pool.idle() + pool.in_use();
    }
    std::size_t memory_calls_made() {
        return memory().made(memory_faults::call::mmap) +
               memory().made(memory_faults::call::madvise) +
               memory().made(memory_faults::call::mprotect);
    }
};

TEST_F(worker_Stress, a_hundred_thousand_spawn_and_finish_rounds_in_flat_memory) {
    const auto rounds = [this](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            start([this] { yield(); });
            start([] {});
            run();
            forget_ended();
        }
    };
    rounds(1000);
    const std::size_t resident = test::resident_bytes();
    const std::size_t stacks_then = stacks();
    const std::size_t calls_then = memory_calls_made();
    rounds(test::rounds(100'000));
    EXPECT_EQ(stacks(), stacks_then);
    EXPECT_EQ(memory_calls_made(), calls_then);
    if (!test::sanitized) {
        EXPECT_LT(test::resident_bytes(), resident + 1024 * 1024);
    }
}

TEST_F(worker_Stress, many_fibers_alive_at_once) {
    std::size_t ended = 0;
    for (std::size_t i = 0; i < test::many_fibers; ++i) {
        start([&, this, i] {
            yield();
            EXPECT_EQ(sleep_for((i % 100) * 1ms), wake_reason::timed_out);
            ++ended;
        });
    }
    run();
    EXPECT_EQ(ended, test::many_fibers);
    EXPECT_EQ(stacks(), test::many_fibers);
}

TEST_F(worker_Stress, a_parked_fiber_keeps_little_resident) {
    if (test::sanitized) {
        GTEST_SKIP() << "instrumented frames are larger";
    }
    start([] {});
    run();
    const std::size_t before = test::resident_bytes();
    std::vector<test::test_fiber*> fibers;
    for (std::size_t i = 0; i < test::many_fibers; ++i) {
        fibers.push_back(&start([this] { park(); }));
    }
    run_until_deadlock();
    const std::size_t each = (test::resident_bytes() - before) / test::many_fibers;
    EXPECT_LT(each, 6 * 1024U) << "a page of stack and the test's own bookkeeping";
    for (test::test_fiber* f : fibers) {
        kernel().unpark(*f);
    }
    run();
}

// Fibers that spawn, sleep, park, cancel, wake, go deep and end at random; what is left over is
// checked by the fixture.
TEST_F(worker_Stress, a_random_crowd_comes_and_goes) {
    const unsigned seed = test::random_seed();
    SCOPED_TRACE(test::seed_note(seed));
    std::mt19937 random(seed);
    const auto up_to = [&random](unsigned most) { return random() % (most + 1); };

    std::size_t left = test::rounds(100'000);
    std::vector<test::test_fiber*> known;
    std::function<void()> body = [&, this] {
        for (unsigned steps = up_to(6); steps > 0; --steps) {
            switch (up_to(6)) {
            case 0:
                yield();
                break;
            case 1:
                sleep_for(up_to(5) * 1ms);
                break;
            case 2:
                park(kernel().now() + up_to(5) * 1ms);
                break;
            case 3:
                kernel().cancel(*known[up_to(static_cast<unsigned>(known.size()) - 1)]);
                break;
            case 4:
                kernel().unpark(*known[up_to(static_cast<unsigned>(known.size()) - 1)]);
                break;
            case 5:
                test::at_depth(up_to(64) * 1024, [this] { yield(); });
                break;
            default:
                if (left > 0 && known.size() < 50'000) {
                    --left;
                    auto& child = make(body);
                    known.push_back(&child);
                    const std::size_t sizes[] = {0, 0, 0, 512 * 1024};
                    EXPECT_TRUE(up_to(1) == 0 ? spawn(child, sizes[up_to(3)])
                                              : spawn_eager(child, sizes[up_to(3)]));
                }
            }
        }
    };
    while (left > 0 && known.size() < 20'000) {
        for (int i = 0; i < 100; ++i) {
            --left;
            known.push_back(&start(body));
        }
        run();
    }
}

} // namespace
} // namespace weft::fibers
