// SPDX-License-Identifier: BSL-1.0
//
// Stacks of one size for fibers whose contexts somebody else makes. A few that came back are kept
// warm, the memory of all others goes to the kernel.
#pragma once

#include "fibers/stack_memory.hpp"

#include <array>
#include <cstddef>

namespace weft::fibers {

class stack_cache {
  public:
    stack_cache(std::size_t size, guard_kind kind, const memory_calls& calls)
        : memory_(size, kind, calls) {}

    const stack_memory& memory() const noexcept { return memory_; }
    std::size_t in_use() const noexcept { return in_use_; }

    // A null slot, with errno, when there is none to be had.
    stack_slot take() noexcept;
    void give_back(stack_slot slot) noexcept;

    static constexpr std::size_t kept_warm = 64;

  private:
    stack_memory memory_;
    std::array<stack_slot, kept_warm> warm_{};
    std::size_t warm_count_ = 0;
    std::size_t in_use_ = 0;
};

} // namespace weft::fibers
