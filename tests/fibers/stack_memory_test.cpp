// SPDX-License-Identifier: BSL-1.0
//
// Slabs and slots: sizes, how they are handed out and come back, what a failing call leaves, and
// that given-back memory really is given back.
#include "fibers/stack_memory.hpp"
#include "tests/support/memory_faults.hpp"
#include "tests/support/resources.hpp"
#include "tests/support/sanitized.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weft::fibers {
namespace {

using test::memory_faults;

constexpr std::size_t page = stack_memory::page_size;
constexpr std::size_t megabyte = 1024 * 1024;

class stack_memory_test : public testing::Test {
  protected:
    void TearDown() override {
        slots_.reset();
        EXPECT_EQ(memory_.mapped_bytes(), 0U);
    }

    stack_memory& make(std::size_t size, guard_kind kind = guard_kind::mapping) {
        slots_.reset();
        return slots_.emplace(size, kind, memory_faults::table());
    }

    memory_faults memory_;

  private:
    std::optional<stack_memory> slots_;
};

TEST_F(stack_memory_test, sizes_are_whole_pages_and_not_too_small) {
    const struct {
        std::size_t asked;
        std::size_t got;
    } cases[] = {
        {0, 16 * 1024},
        {1, 16 * 1024},
        {16 * 1024, 16 * 1024},
        {16 * 1024 + 1, 20 * 1024},
        {256 * 1024, 256 * 1024},
        {256 * 1024 - 1, 256 * 1024},
        {8 * megabyte, 8 * megabyte},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(make(c.asked).slot_size(), c.got) << c.asked;
    }
}

TEST_F(stack_memory_test, guards_are_wide_where_there_is_room) {
    EXPECT_EQ(make(16 * 1024).guard_size(), page);
    EXPECT_EQ(make(60 * 1024).guard_size(), page);
    EXPECT_EQ(make(64 * 1024).guard_size(), 16 * 1024U);
    EXPECT_EQ(make(megabyte).guard_size(), 16 * 1024U);
}

TEST_F(stack_memory_test, absurd_sizes_fail_with_errno) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t size : {most, most - page, most / 2, std::size_t{1} << 50}) {
        stack_memory& slots = make(size);
        errno = 0;
        EXPECT_FALSE(slots.reserve(1)) << size;
        EXPECT_NE(errno, 0);
        EXPECT_EQ(slots.capacity(), 0U);
        EXPECT_EQ(slots.take().low, nullptr);
    }
}

TEST_F(stack_memory_test, a_stack_larger_than_a_slab_gets_a_slab_of_its_own) {
    stack_memory& slots = make(512 * megabyte);
    ASSERT_TRUE(slots.reserve(2));
    EXPECT_EQ(slots.capacity(), 2U);
    const stack_slot a = slots.take();
    const stack_slot b = slots.take();
    ASSERT_NE(a.low, nullptr);
    ASSERT_NE(b.low, nullptr);
    EXPECT_EQ(slots.take().low, nullptr);
    EXPECT_EQ(errno, ENOMEM);
}

TEST_F(stack_memory_test, slots_do_not_overlap_across_slabs) {
    stack_memory& slots = make(4 * megabyte);
    ASSERT_TRUE(slots.reserve(1));
    const std::size_t first_slab = slots.capacity();
    ASSERT_TRUE(slots.reserve(first_slab + 1));
    const std::size_t capacity = slots.capacity();
    EXPECT_GT(capacity, first_slab);
    std::set<std::byte*> lows;
    for (std::size_t i = 0; i < capacity; ++i) {
        const stack_slot s = slots.take();
        ASSERT_NE(s.low, nullptr);
        EXPECT_EQ(s.index, i);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(s.low) % page, 0U);
        s.low[slots.slot_size() - 1] = std::byte{1};
        lows.insert(s.low);
    }
    EXPECT_EQ(slots.take().low, nullptr);
    EXPECT_EQ(lows.size(), capacity);
    for (auto at = lows.begin(); std::next(at) != lows.end(); ++at) {
        EXPECT_GE(static_cast<std::size_t>(*std::next(at) - *at), slots.slot_size());
    }
}

TEST_F(stack_memory_test, a_released_slot_is_handed_out_again_and_reads_zero) {
    stack_memory& slots = make(256 * 1024);
    ASSERT_TRUE(slots.reserve(1));
    const stack_slot s = slots.take();
    const std::size_t usable = slots.slot_size() - slots.guard_size();
    std::byte* const low = s.low + slots.guard_size();
    std::memset(low, 0x5a, usable);
    EXPECT_TRUE(stack_memory::resident(low));
    slots.release(s);
    EXPECT_FALSE(stack_memory::resident(low));
    EXPECT_FALSE(stack_memory::resident(low + usable - 1));

    const std::size_t guards = memory_.made(memory_faults::call::mprotect);
    const stack_slot again = slots.take();
    EXPECT_EQ(again.low, s.low);
    EXPECT_EQ(again.index, s.index);
    EXPECT_EQ(memory_.made(memory_faults::call::mprotect), guards) << "its guard is still there";
    EXPECT_TRUE(std::all_of(low, low + usable, [](std::byte b) { return b == std::byte{0}; }));
}

TEST_F(stack_memory_test, trimming_keeps_what_is_above) {
    stack_memory& slots = make(256 * 1024);
    ASSERT_TRUE(slots.reserve(1));
    const stack_slot s = slots.take();
    std::byte* const low = s.low + slots.guard_size();
    std::byte* const end = s.low + slots.slot_size();
    std::memset(low, 0x5a, static_cast<std::size_t>(end - low));
    std::byte* const watermark = end - 8 * page;
    slots.trim(s, watermark);
    EXPECT_FALSE(stack_memory::resident(watermark - 1));
    EXPECT_FALSE(stack_memory::resident(low));
    EXPECT_TRUE(stack_memory::resident(watermark));
    EXPECT_EQ(*watermark, std::byte{0x5a});
    EXPECT_EQ(memory_.trimmed_bytes(), static_cast<std::size_t>(watermark - low));
}

TEST_F(stack_memory_test, address_space_alone_costs_no_memory) {
    stack_memory& slots = make(256 * 1024);
    const std::size_t before = test::resident_bytes();
    ASSERT_TRUE(slots.reserve(4000)); // a gigabyte
    for (int i = 0; i < 1000; ++i) {
        ASSERT_NE(slots.take().low, nullptr);
    }
    if (!test::sanitized) {
        EXPECT_LT(test::resident_bytes() - before, 4 * megabyte);
    }
}

TEST_F(stack_memory_test, lightweight_guards_need_no_mapping_each) {
    if (best_guard_kind(memory_calls{}) != guard_kind::lightweight) {
        GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL (Linux 6.13): NOT TESTED";
    }
    stack_memory& slots = make(64 * 1024, guard_kind::lightweight);
    ASSERT_TRUE(slots.reserve(1000));
    const std::size_t before = test::memory_mappings();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_NE(slots.take().low, nullptr);
    }
    EXPECT_LT(test::memory_mappings(), before + 10);
    EXPECT_EQ(slots.unguarded(), 0U);
}

TEST_F(stack_memory_test, beyond_the_map_limit_stacks_are_handed_out_unguarded_and_counted) {
    memory_calls calls = memory_faults::table();
    calls.mprotect = [](void*, std::size_t, int) { return 0; }; // only counting is wanted
    const std::size_t limit = test::map_limit() / 4;
    for (int round = 0; round < 2; ++round) { // the second finds the first one's guards gone
        stack_memory slots(16 * 1024, guard_kind::mapping, calls);
        ASSERT_TRUE(slots.reserve(limit + 100));
        for (std::size_t i = 0; i < limit + 100; ++i) {
            ASSERT_NE(slots.take().low, nullptr);
        }
        EXPECT_EQ(slots.unguarded(), 100U);
    }
}

// --- failing calls ---

TEST_F(stack_memory_test, a_failed_reserve_changes_nothing_and_can_be_repeated) {
    stack_memory& slots = make(256 * 1024);
    ASSERT_TRUE(slots.reserve(1));
    const std::size_t capacity = slots.capacity();
    const std::size_t mapped = memory_.mapped_bytes();
    memory_.refuse(memory_faults::call::mmap, ENOMEM);
    EXPECT_TRUE(slots.reserve(capacity)) << "there are as many";
    errno = 0;
    EXPECT_FALSE(slots.reserve(capacity + 1));
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(slots.capacity(), capacity);
    EXPECT_EQ(memory_.mapped_bytes(), mapped);
    memory_.heal();
    EXPECT_TRUE(slots.reserve(capacity + 1));
    EXPECT_GT(slots.capacity(), capacity);
}

TEST_F(stack_memory_test, a_kernel_without_huge_pages_is_fine) {
    memory_.refuse(memory_faults::call::madvise, EINVAL);
    stack_memory& slots = make(256 * 1024);
    EXPECT_TRUE(slots.reserve(1));
    EXPECT_NE(slots.take().low, nullptr);
}

TEST_F(stack_memory_test, a_slot_whose_guard_failed_is_not_lost) {
    for (const guard_kind kind : {guard_kind::mapping, guard_kind::lightweight}) {
        if (kind == guard_kind::lightweight &&
            best_guard_kind(memory_calls{}) != guard_kind::lightweight) {
            continue;
        }
        stack_memory& slots = make(16 * megabyte, kind);
        ASSERT_TRUE(slots.reserve(1));
        const std::size_t capacity = slots.capacity();
        for (std::size_t i = 0; i < capacity; ++i) {
            memory_.fail_any(1, ENOMEM);
            errno = 0;
            EXPECT_EQ(slots.take().low, nullptr);
            EXPECT_EQ(errno, ENOMEM);
            const stack_slot s = slots.take();
            ASSERT_NE(s.low, nullptr);
            EXPECT_EQ(s.index, i);
        }
        EXPECT_EQ(slots.take().low, nullptr);
    }
}

} // namespace
} // namespace weft::fibers
