// SPDX-License-Identifier: BSL-1.0
//
// The inaccessible pages at the low end of each stack, which turn an overflow into a fault instead
// of silent damage to the neighbour.
//
// Two kinds. `lightweight`: MADV_GUARD_INSTALL (Linux 6.13): a mark in the page table, no mapping
// of its own, so every one of a million stacks has it. `mapping`: mprotect(PROT_NONE), which costs
// two mappings a stack against the process-wide vm.max_map_count (65,530 by default). Policy for
// `mapping`: half of that limit is spent on guards, then stacks go without one, so that the
// process keeps mappings for everything else; the first stack without one is reported on stderr.
// A guard that should have been installed but could not is an error: the stack is not used.
#pragma once

#include "fibers/memory_calls.hpp"

#include <cstddef>
#include <cstdint>

namespace weft::fibers {

enum class guard_kind : std::uint8_t { lightweight, mapping };
enum class guard_result : std::uint8_t { guarded, over_the_map_limit, failed };

// What this kernel offers, asked by trying it on one page.
guard_kind best_guard_kind(const memory_calls& calls) noexcept;

// Makes [low, low + size) inaccessible; errno is set when the result is `failed`.
guard_result install_guard(guard_kind kind, void* low, std::size_t size,
                           const memory_calls& calls) noexcept;

// To be called when `count` guards of this kind have been unmapped with their stacks.
void guards_unmapped(guard_kind kind, std::size_t count) noexcept;

} // namespace weft::fibers
