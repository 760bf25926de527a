// SPDX-License-Identifier: BSL-1.0
#include "fibers/stack_cache.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <vector>

namespace weft::test {
namespace {

using fibers::stack_cache;
using fibers::stack_slot;

TEST(stack_cache_test, gives_the_stack_that_came_back_last) {
    stack_cache cache(64 * 1024, fibers::guard_kind::mapping, {});
    const stack_slot first = cache.take();
    const stack_slot second = cache.take();
    EXPECT_NE(first.low, second.low);
    EXPECT_EQ(cache.in_use(), 2U);
    cache.give_back(first);
    EXPECT_EQ(cache.take().low, first.low);
    cache.give_back(first);
    cache.give_back(second);
    EXPECT_EQ(cache.in_use(), 0U);
}

TEST(stack_cache_test, gives_distinct_stacks_and_the_memory_of_surplus_ones_to_the_kernel) {
    stack_cache cache(64 * 1024, fibers::guard_kind::mapping, {});
    for (int round = 0; round < 2; ++round) {
        std::vector<stack_slot> all;
        std::set<std::byte*> places;
        for (std::size_t i = 0; i < stack_cache::kept_warm + 10; ++i) {
            all.push_back(cache.take());
            places.insert(all.back().low);
            all.back().low[cache.memory().slot_size() - 1] = std::byte{1};
        }
        EXPECT_EQ(places.size(), all.size());
        std::size_t resident = 0;
        for (const stack_slot& s : all) {
            cache.give_back(s);
        }
        for (const stack_slot& s : all) {
            resident +=
                fibers::stack_memory::resident(s.low + cache.memory().slot_size() - 1) ? 1 : 0;
        }
        EXPECT_EQ(resident, stack_cache::kept_warm);
    }
}

TEST(stack_cache_test, says_so_when_there_is_no_memory) {
    stack_cache cache(std::size_t{1} << 60, fibers::guard_kind::mapping, {});
    EXPECT_EQ(cache.take().low, nullptr);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(cache.in_use(), 0U);
}

} // namespace
} // namespace weft::test
