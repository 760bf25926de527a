// SPDX-License-Identifier: BSL-1.0
//
// What the tools are told: stacks that went back are not left poisoned for whatever the kernel puts
// there next, and frames that were never returned from do not poison the next user of a stack.
#include "fibers/sanitizer.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/stack_use.hpp"

#include <cstring>

#include <sys/mman.h>

namespace weft::fibers {
namespace {

using sanitizer_test = test::kernel_fixture;

#ifdef WEFT_ASAN

// The first poisoned byte in [low, low + size), or null.
void* poisoned_in(void* low, std::size_t size) {
    return __asan_region_is_poisoned(low, size);
}

TEST_F(sanitizer_test, the_addresses_of_a_destroyed_scheduler_are_free_of_poison) {
    stack_slot slot;
    std::size_t size = 0;
    start([&, this] {
        slot = kernel().running_worker()->slot();
        size = kernel().running_worker()->pool().stack_size();
        try {
            test::at_depth(64 * 1024, [this] {
                yield();
                throw 1;
            });
        } catch (int) {
        }
    });
    run();
    destroy_and_check();
    EXPECT_EQ(poisoned_in(slot.low, size), nullptr);
    // What else the address space is used for later must be usable.
    void* again = mmap(slot.low, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ASSERT_NE(again, MAP_FAILED);
    std::memset(again, 1, size);
    munmap(again, size);
}

using sanitizer_DeathTest = test::kernel_fixture;

TEST_F(sanitizer_DeathTest, an_overrun_of_a_local_array_in_a_fiber_is_found) {
    const auto overrun = [this] {
        start([] {
            volatile char array[8] = {};
            volatile char* volatile start_of_array = array; // so that only the memory tells
            start_of_array[8] = 1;
        });
        run();
    };
    // By whichever of the two looks first: AddressSanitizer, or the bounds check of UBSan.
    EXPECT_DEATH(overrun(), "stack-buffer-overflow|out of bounds");
}

#endif

TEST_F(sanitizer_test, frames_never_returned_from_do_not_hurt_the_next_user) {
    for (int i = 0; i < 5; ++i) {
        start([this, i] {
            try {
                test::at_depth(static_cast<std::size_t>(i) * 20 * 1024, [this] {
                    yield();
                    throw 1;
                });
            } catch (int) {
            }
            test::use_stack(100 * 1024);
        });
        run();
    }
}

TEST_F(sanitizer_test, one_scheduler_after_another_on_the_same_addresses) {
    for (int i = 0; i < 20; ++i) {
        rebuild(default_options());
        start([this] {
            test::use_stack(64 * 1024);
            yield();
        });
        run();
    }
}

} // namespace
} // namespace weft::fibers
