// SPDX-License-Identifier: BSL-1.0
//
// What this process holds at the moment, asked of the kernel: a test compares before and after.
#pragma once

#include <cstddef>

namespace weft::test {

// Open descriptors, not counting the one that is needed to look.
std::size_t open_descriptors();

// Memory in use, in bytes. Says little under a sanitizer.
std::size_t resident_bytes();

// Entries of the process's memory map, which vm.max_map_count limits.
std::size_t memory_mappings();

// The value of vm.max_map_count.
std::size_t map_limit();

} // namespace weft::test
