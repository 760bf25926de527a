// SPDX-License-Identifier: BSL-1.0
//
// The kernel refuses memory. Whichever call it is that fails: spawn says so with errno, or the body
// is called with can_run false, or nobody notices; the loop goes on and nothing leaks.
#include "tests/support/allocation_count.hpp"
#include "tests/support/kernel_fixture.hpp"

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

namespace weft::fibers {
namespace {

using test::log_lines;
using test::memory_faults;

class scheduler_faults : public test::kernel_fixture,
                         public testing::WithParamInterface<guard_kind> {
  public:
    scheduler_options options() const {
        scheduler_options o = default_options();
        o.guards = GetParam();
        return o;
    }

    static memory_faults::call guard_call() {
        return GetParam() == guard_kind::lightweight ? memory_faults::call::madvise
                                                     : memory_faults::call::mprotect;
    }

    // A dozen fibers of two stack sizes, some eager, some on each other's warm stacks. Each ends
    // one of three ways.
    void run_a_program() {
        for (int i = 0; i < 12; ++i) {
            const std::size_t stack_size = i % 3 == 1 ? 1024 * 1024 : 0;
            auto& f = make([this, i] {
                if (i % 2 == 0) {
                    yield();
                }
            });
            errno = 0;
            const bool admitted = i % 4 == 3 ? spawn_eager(f, stack_size) : spawn(f, stack_size);
            if (!admitted) {
                EXPECT_EQ(errno, ENOMEM);
                EXPECT_EQ(f.state(), fiber_state::unstarted);
                EXPECT_EQ(f.runs(), 0);
                ++refused_;
            }
        }
        run();
    }
    int refused() const { return refused_; }

  private:
    int refused_ = 0;
};

TEST_P(scheduler_faults, each_memory_call_failing_once) {
    std::size_t k = 0;
    do {
        ++k;
        SCOPED_TRACE("failing call " + std::to_string(k));
        ASSERT_LT(k, 1000U);
        rebuild(options());
        memory().fail_any(k, ENOMEM);
        run_a_program();
        const bool struck = memory().struck();
        memory().heal();
        run_a_program(); // the loop goes on
        EXPECT_EQ(kernel().default_pool().in_use(), 0U);
        if (!struck) {
            break;
        }
    } while (!HasFatalFailure());
    EXPECT_GT(k, 10U) << "this should have made more calls than that";
    EXPECT_GT(refused(), 0) << "no failing mmap was noticed";
}

// Spawning allocates for a new stack size and for a new slab, and nothing else does.
TEST_P(scheduler_faults, each_allocation_failing_once) {
    std::size_t refused = 0;
    for (std::size_t k = 1;; ++k) {
        SCOPED_TRACE("failing allocation " + std::to_string(k));
        ASSERT_LT(k, 100U);
        rebuild(options());
        std::vector<test::test_fiber*> fibers;
        for (int i = 0; i < 4; ++i) {
            fibers.push_back(&make([this] { yield(); }));
        }
        bool struck = false;
        {
            const test::allocation_fault fault(k);
            const std::size_t sizes[] = {0, 1024 * 1024, 0, 1024 * 1024};
            for (std::size_t i = 0; i < 4; ++i) {
                errno = 0;
                if (!(i < 2 ? spawn(*fibers[i], sizes[i]) : spawn_eager(*fibers[i], sizes[i]))) {
                    ++refused;
                    struck = true;
                    EXPECT_EQ(errno, ENOMEM);
                }
            }
            struck = struck || fault.struck();
        }
        run();
        run_a_program();
        if (!struck) {
            break;
        }
    }
    EXPECT_GT(refused, 3U);
}

TEST_P(scheduler_faults, each_release_failing_once) {
    for (std::size_t k = 1; k <= 8; ++k) {
        rebuild(options());
        run_a_program();
        memory().fail(memory_faults::call::madvise, k, EAGAIN);
        rebuild(options()); // releases everything
    }
}

TEST_P(scheduler_faults, no_address_space_makes_spawn_fail_with_errno) {
    rebuild(options());
    memory().refuse(memory_faults::call::mmap, EAGAIN);
    auto& f = make([] { ADD_FAILURE() << "it ran"; });
    for (int i = 0; i < 2; ++i) {
        errno = 0;
        EXPECT_FALSE(spawn(f));
        EXPECT_EQ(errno, EAGAIN);
        errno = 0;
        EXPECT_FALSE(spawn_eager(f));
        EXPECT_EQ(errno, EAGAIN);
    }
    memory().heal();
    auto& g = start([this] { note("ran"); });
    run();
    EXPECT_EQ(g.runs(), 1);
}

// More fibers than the first slab holds: the one that does not fit is refused, the others run.
TEST_P(scheduler_faults, the_second_slab_failing_leaves_the_first_in_use) {
    scheduler_options o = options();
    o.stack_size = 16 * 1024 * 1024;
    rebuild(o);
    start([] {});
    memory().refuse(memory_faults::call::mmap, ENOMEM);
    int admitted = 1;
    while (admitted < 100 && spawn(make([this] { yield(); }))) {
        ++admitted;
    }
    EXPECT_LT(admitted, 100);
    EXPECT_EQ(errno, ENOMEM);
    run();
    // Their places are free again.
    for (int i = 0; i < admitted; ++i) {
        start([] {});
    }
    run();
    memory().heal();
    for (int i = 0; i < 2 * admitted; ++i) {
        start([] {});
    }
    run();
}

TEST_P(scheduler_faults, no_guard_means_no_stack) {
    rebuild(options());
    memory().refuse(guard_call(), ENOMEM);
    auto& f = start([] { ADD_FAILURE() << "it ran on a stack without a guard"; });
    auto& g = make([] { ADD_FAILURE() << "it ran on a stack without a guard"; });
    EXPECT_TRUE(spawn_eager(g)) << "it was admitted, and told";
    run();
    for (const test::test_fiber* told : {&f, &g}) {
        EXPECT_EQ(told->runs(), 1);
        EXPECT_EQ(told->start_error(), ENOMEM);
        EXPECT_TRUE(told->ended());
    }
    memory().heal();
    auto& h = start([this] { yield(); });
    run();
    EXPECT_EQ(h.start_error(), 0);
}

// Nothing else suffers: the fibers that have stacks, callbacks, their order, the clock.
TEST_P(scheduler_faults, fibers_without_a_stack_do_not_disturb_the_others) {
    rebuild(options());
    const time_point begin = kernel().now();
    struct posted_note : callback {
        explicit posted_note(scheduler_faults& t)
            : callback(
                  [](callback& c) noexcept { static_cast<posted_note&>(c).test.note("callback"); }),
              test(t) {}
        scheduler_faults& test;
    } posted(*this);
    auto& waiter = start([this] {
        EXPECT_EQ(park(), wake_reason::notified);
        note("waiter");
    });
    start([&, this] {
        sleep_for(std::chrono::seconds(1));
        memory().refuse(guard_call(), EAGAIN);
        auto& first = start([] { ADD_FAILURE() << "it ran"; });
        kernel().post(posted);
        auto& second = start([] { ADD_FAILURE() << "it ran"; });
        EXPECT_TRUE(kernel().unpark(waiter));
        errno = EPIPE;
        yield();
        EXPECT_EQ(errno, EPIPE);
        EXPECT_EQ(first.start_error(), EAGAIN);
        EXPECT_EQ(second.start_error(), EAGAIN);
        note("spawner");
        sleep_for(std::chrono::seconds(1));
    });
    run();
    EXPECT_EQ(log(), (log_lines{"callback", "waiter", "spawner"}));
    EXPECT_EQ(kernel().now(), begin + std::chrono::seconds(2));
}

INSTANTIATE_TEST_SUITE_P(both_kinds, scheduler_faults,
                         testing::Values(guard_kind::lightweight, guard_kind::mapping),
                         [](const auto& kind) {
                             return kind.param == guard_kind::mapping ? "mapping" : "lightweight";
                         });

} // namespace
} // namespace weft::fibers
