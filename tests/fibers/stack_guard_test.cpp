// SPDX-License-Identifier: BSL-1.0
//
// Guards: which kind this kernel gives, that both kinds fault, and the policy by which the kind
// that costs mappings stops before the process has none left.
#include "fibers/stack_guard.hpp"
#include "tests/support/memory_faults.hpp"
#include "tests/support/resources.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/mman.h>

namespace weft::fibers {
namespace {

using test::memory_faults;

constexpr std::size_t page = 4096;

class stack_guard : public testing::Test {
  protected:
    memory_faults memory_;
    memory_calls calls_ = memory_faults::table();
};

// Four pages that are unmapped again.
class some_pages {
  public:
    explicit some_pages(const memory_calls& calls)
        : calls_(calls),
          low_(static_cast<char*>(calls.mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
    ~some_pages() { calls_.munmap(low_, size); }
    some_pages(const some_pages&) = delete;
    some_pages& operator=(const some_pages&) = delete;
    volatile char* low() const { return low_; }
    void* data() const { return low_; }

  private:
    static constexpr std::size_t size = 4 * page;
    const memory_calls& calls_;
    char* low_;
};

bool kernel_has_lightweight_guards() {
    return best_guard_kind(memory_calls{}) == guard_kind::lightweight;
}

TEST_F(stack_guard, asking_for_the_best_kind_leaves_nothing_mapped) {
    static_cast<void>(best_guard_kind(calls_));
    EXPECT_EQ(memory_.mapped_bytes(), 0U);
    EXPECT_EQ(memory_.made(memory_faults::call::mmap), 1U);
}

TEST_F(stack_guard, a_kernel_that_refuses_the_lightweight_kind_gets_mappings) {
    for (const int error_number : {EINVAL, ENOMEM, EPERM}) {
        memory_.refuse(memory_faults::call::madvise, error_number);
        EXPECT_EQ(best_guard_kind(calls_), guard_kind::mapping);
        memory_.refuse(memory_faults::call::mmap, error_number);
        EXPECT_EQ(best_guard_kind(calls_), guard_kind::mapping);
    }
    EXPECT_EQ(memory_.mapped_bytes(), 0U);
}

TEST_F(stack_guard, a_guard_that_cannot_be_installed_is_an_error) {
    const some_pages pages(calls_);
    memory_.refuse(memory_faults::call::madvise, EINVAL);
    EXPECT_EQ(install_guard(guard_kind::lightweight, pages.data(), page, calls_),
              guard_result::failed);
    EXPECT_EQ(errno, EINVAL);
    memory_.refuse(memory_faults::call::mprotect, ENOMEM);
    EXPECT_EQ(install_guard(guard_kind::mapping, pages.data(), page, calls_), guard_result::failed);
    EXPECT_EQ(errno, ENOMEM);
}

// The policy: half of the map limit, two mappings a guard. The calls are faked: no real guard is
// needed to count.
class stack_guard_policy : public testing::Test {
  public:
    static std::size_t install_until_the_limit() {
        std::size_t installed = 0;
        guard_result result = guard_result::guarded;
        while (installed <= test::map_limit()) {
            result = install_guard(guard_kind::mapping, nullptr, page, faked());
            if (result != guard_result::guarded) {
                break;
            }
            ++installed;
        }
        EXPECT_EQ(result, guard_result::over_the_map_limit);
        return installed;
    }
    static memory_calls faked() {
        memory_calls calls;
        calls.mprotect = [](void*, std::size_t, int) { return 0; };
        return calls;
    }
};

TEST_F(stack_guard_policy, mapping_guards_stop_at_half_of_the_map_limit) {
    const std::size_t installed = install_until_the_limit();
    EXPECT_EQ(installed, test::map_limit() / 4);
    EXPECT_EQ(install_guard(guard_kind::mapping, nullptr, page, faked()),
              guard_result::over_the_map_limit)
        << "still";
    guards_unmapped(guard_kind::mapping, installed);
    EXPECT_EQ(install_until_the_limit(), installed) << "what was unmapped counts no more";
    guards_unmapped(guard_kind::mapping, installed);
}

TEST_F(stack_guard_policy, a_failed_guard_does_not_count) {
    memory_calls failing;
    failing.mprotect = [](void*, std::size_t, int) {
        errno = ENOMEM;
        return -1;
    };
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(install_guard(guard_kind::mapping, nullptr, page, failing), guard_result::failed);
    }
    const std::size_t installed = install_until_the_limit();
    EXPECT_EQ(installed, test::map_limit() / 4);
    guards_unmapped(guard_kind::mapping, installed);
}

TEST_F(stack_guard_policy, the_lightweight_kind_has_no_limit_and_is_not_counted) {
    const std::size_t installed = install_until_the_limit();
    memory_calls calls;
    calls.madvise = [](void*, std::size_t, int) { return 0; };
    EXPECT_EQ(install_guard(guard_kind::lightweight, nullptr, page, calls), guard_result::guarded);
    guards_unmapped(guard_kind::lightweight, 1000);
    EXPECT_EQ(install_guard(guard_kind::mapping, nullptr, page, faked()),
              guard_result::over_the_map_limit);
    guards_unmapped(guard_kind::mapping, installed);
}

using stack_guard_policy_Death = stack_guard_policy;

TEST_F(stack_guard_policy_Death, the_first_stack_without_a_guard_is_reported_and_no_other) {
    const auto go_over_the_limit_twice = [] {
        guards_unmapped(guard_kind::mapping, install_until_the_limit());
        install_until_the_limit();
        static_cast<void>(install_guard(guard_kind::mapping, nullptr, page, faked()));
        std::exit(0);
    };
    EXPECT_EXIT(go_over_the_limit_twice(), testing::ExitedWithCode(0),
                "^weft: [^\n]*vm.max_map_count[^\n]*\n$");
}

// A process that touches a guarded page ends; the page above is untouched.
class stack_guard_DeathTest : public stack_guard, public testing::WithParamInterface<guard_kind> {};

TEST_P(stack_guard_DeathTest, a_guarded_page_faults_and_its_neighbours_do_not) {
    if (GetParam() == guard_kind::lightweight && !kernel_has_lightweight_guards()) {
        GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL (Linux 6.13): NOT TESTED";
    }
    const some_pages pages(calls_);
    pages.low()[page] = 1;
    ASSERT_EQ(install_guard(GetParam(), static_cast<char*>(pages.data()) + page, page, calls_),
              guard_result::guarded);
    pages.low()[page - 1] = 1;
    pages.low()[2 * page] = 1;
    const auto touch = [&](std::size_t at) {
        std::signal(SIGSEGV, SIG_DFL);
        pages.low()[at] = 1;
    };
    EXPECT_EXIT(touch(page), testing::KilledBySignal(SIGSEGV), "");
    EXPECT_EXIT(touch(2 * page - 1), testing::KilledBySignal(SIGSEGV), "");
    guards_unmapped(GetParam(), 1);
}

TEST_P(stack_guard_DeathTest, a_guard_survives_giving_the_memory_back) {
    if (GetParam() == guard_kind::lightweight && !kernel_has_lightweight_guards()) {
        GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL (Linux 6.13): NOT TESTED";
    }
    const some_pages pages(calls_);
    ASSERT_EQ(install_guard(GetParam(), pages.data(), page, calls_), guard_result::guarded);
    ASSERT_EQ(calls_.madvise(pages.data(), 4 * page, MADV_DONTNEED), 0);
    const auto touch = [&] {
        std::signal(SIGSEGV, SIG_DFL);
        pages.low()[1] = 1;
    };
    EXPECT_EXIT(touch(), testing::KilledBySignal(SIGSEGV), "");
    guards_unmapped(GetParam(), 1);
}

INSTANTIATE_TEST_SUITE_P(both_kinds, stack_guard_DeathTest,
                         testing::Values(guard_kind::lightweight, guard_kind::mapping),
                         [](const auto& kind) {
                             return kind.param == guard_kind::mapping ? "mapping" : "lightweight";
                         });

} // namespace
} // namespace weft::fibers
