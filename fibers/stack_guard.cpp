// SPDX-License-Identifier: BSL-1.0
#include "fibers/stack_guard.hpp"

#include <atomic>
#include <cstdio>
#include <memory>

namespace weft::fibers {

namespace {

// Missing from headers older than Linux 6.13.
constexpr int madv_guard_install = 102;

// Mappings belong to the process, not to a loop, so the guards of all threads are counted together.
std::atomic<long> mapping_guards = 0;

long mapping_guard_limit() noexcept {
    static const long limit = [] {
        constexpr long kernel_default = 65530;
        long mappings = kernel_default;
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
            std::fopen("/proc/sys/vm/max_map_count", "re"),
            [](std::FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
        if (file && std::fscanf(file.get(), "%ld", &mappings) != 1) {
            mappings = kernel_default;
        }
        return mappings / 4; // two mappings each, half of the limit
    }();
    return limit;
}

// Once a process: from here on an overflow may go unnoticed.
void report_unguarded() noexcept {
    static std::atomic<bool> reported = false;
    if (!reported.exchange(true)) {
        std::fputs("weft: no mapping is left for the guards of more stacks; raise vm.max_map_count "
                   "(or use Linux 6.13) to have them all guarded\n",
                   stderr);
    }
}

} // namespace

guard_kind best_guard_kind(const memory_calls& calls) noexcept {
    constexpr std::size_t page = 4096;
    void* probe =
        calls.mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) {
        return guard_kind::mapping;
    }
    const bool lightweight = calls.madvise(probe, page, madv_guard_install) == 0;
    calls.munmap(probe, page);
    return lightweight ? guard_kind::lightweight : guard_kind::mapping;
}

guard_result install_guard(guard_kind kind, void* low, std::size_t size,
                           const memory_calls& calls) noexcept {
    if (kind == guard_kind::lightweight) {
        return calls.madvise(low, size, madv_guard_install) == 0 ? guard_result::guarded
                                                                 : guard_result::failed;
    }
    if (mapping_guards.fetch_add(1, std::memory_order_relaxed) >= mapping_guard_limit()) {
        mapping_guards.fetch_sub(1, std::memory_order_relaxed);
        report_unguarded();
        return guard_result::over_the_map_limit;
    }
    if (calls.mprotect(low, size, PROT_NONE) != 0) {
        mapping_guards.fetch_sub(1, std::memory_order_relaxed);
        return guard_result::failed;
    }
    return guard_result::guarded;
}

void guards_unmapped(guard_kind kind, std::size_t count) noexcept {
    if (kind == guard_kind::mapping) {
        mapping_guards.fetch_sub(static_cast<long>(count), std::memory_order_relaxed);
    }
}

} // namespace weft::fibers
