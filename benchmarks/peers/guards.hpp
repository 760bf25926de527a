// SPDX-License-Identifier: BSL-1.0
// How many guards this process has between its stacks, as the kernel sees them: guard regions
// inside a mapping (MADV_GUARD_INSTALL), asked for with PAGEMAP_SCAN, and mappings without any
// access (mprotect). A guard that no one can count would be a promise; this is the proof.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace peers {

// The kernel's interface (linux/fs.h), spelled out because older headers lack it.
struct pagemap_region {
    std::uint64_t start, end, categories;
};
struct pagemap_scan {
    std::uint64_t size, flags, start, end, walk_end, regions, regions_size, max_pages;
    std::uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
inline constexpr unsigned long pagemap_scan_request = _IOWR('f', 16, pagemap_scan);
inline constexpr std::uint64_t page_is_guard = 1 << 8;

// Guard regions inside mappings; nothing when this kernel does not tell them.
inline std::optional<std::int64_t> count_guard_regions() {
    int pagemap = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    std::vector<pagemap_region> regions(4096);
    std::uint64_t last_end = 0;
    std::int64_t count = 0;
    pagemap_scan scan{};
    scan.size = sizeof(scan);
    scan.end = 0x7fff'ffff'f000;
    scan.regions = reinterpret_cast<std::uint64_t>(regions.data());
    scan.regions_size = regions.size();
    scan.category_mask = page_is_guard;
    scan.return_mask = page_is_guard;
    while (scan.start < scan.end) {
        long found = ::ioctl(pagemap, pagemap_scan_request, &scan);
        if (found < 0) {
            ::close(pagemap);
            return std::nullopt;
        }
        for (long i = 0; i < found; ++i) {
            const auto& region = regions[static_cast<std::size_t>(i)];
            count += region.start != last_end; // one region may come in two pieces
            last_end = region.end;
        }
        scan.start = scan.walk_end;
    }
    ::close(pagemap);
    return count;
}

inline std::int64_t count_mappings_without_access() {
    std::int64_t count = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        count += line.find(" ---p ") != std::string::npos && line.find('/') == std::string::npos;
    }
    return count;
}

// count_guards: nothing when the answer would be a guess.
inline std::optional<std::int64_t> count_guards() {
    std::int64_t mappings = count_mappings_without_access();
    auto regions = count_guard_regions();
    if (!regions && mappings == 0) {
        return std::nullopt;
    }
    return mappings + regions.value_or(0);
}

} // namespace peers
