// SPDX-License-Identifier: BSL-1.0
//
// Where stacks come from: slabs of address space cut into equal slots, committed by the kernel a
// page at a time as they are touched. A slot's low pages are its guard. The slabs are unmapped when
// the object is destroyed, not before; the memory in a slot can be given back at any time.
//
// Invariant: a slot that was handed out stays at its address and keeps its guard until the end.
#pragma once

#include "fibers/memory_calls.hpp"
#include "fibers/stack_guard.hpp"

#include <cstddef>
#include <vector>

namespace weft::fibers {

struct stack_slot {
    std::byte* low = nullptr; // the guard's first byte
    std::size_t index = 0;    // counts slots from the first; used to colour addresses
};

class stack_memory {
  public:
    // Slots of `size` bytes of address space, guard included, rounded up to whole pages.
    stack_memory(std::size_t size, guard_kind kind, const memory_calls& calls);
    ~stack_memory();
    stack_memory(const stack_memory&) = delete;
    stack_memory& operator=(const stack_memory&) = delete;

    std::size_t slot_size() const noexcept { return slot_size_; }
    std::size_t guard_size() const noexcept { return guard_size_; }
    std::size_t capacity() const noexcept { return capacity_; }
    std::size_t unguarded() const noexcept { return unguarded_; }

    // Maps slabs until `slots` of them exist. False, with errno, when the kernel refuses.
    bool reserve(std::size_t slots);

    // A slot never handed out before or given back by release(), guarded. A null slot, with errno,
    // when none is left or its guard could not be installed.
    stack_slot take() noexcept;

    // Gives a slot back whose context has ended; its memory goes to the kernel.
    void release(stack_slot slot) noexcept;

    // Gives the memory in [slot.low, `above`) back to the kernel, the guard excepted.
    void trim(stack_slot slot, std::byte* above) noexcept;

    // Whether the page that holds `address` is in memory; whether any page in [low, above) is.
    static bool resident(std::byte* address) noexcept { return resident(address, address + 1); }
    static bool resident(std::byte* low, std::byte* above) noexcept;

    static constexpr std::size_t page_size = 4096;
    static constexpr std::size_t smallest_slot = 16 * 1024;

  private:
    struct slab {
        std::byte* base = nullptr;
        std::size_t slots = 0;
    };

    memory_calls calls_;
    std::size_t slot_size_;
    std::size_t guard_size_;
    guard_kind kind_;
    std::vector<slab> slabs_;
    std::vector<stack_slot> released_;
    std::size_t capacity_ = 0;
    std::size_t next_index_ = 0; // slots below this one have been handed out at least once
    std::size_t next_slab_ = 0;  // the slab that next_index_ lies in
    std::size_t next_in_slab_ = 0;
    std::size_t unguarded_ = 0;
    std::size_t mapped_guards_ = 0;
};

} // namespace weft::fibers
