// SPDX-License-Identifier: BSL-1.0
//
// The memory calls of a scheduler under test: counted, balanced against each other, and made to
// fail one at a time.
//
// The table holds plain functions, so the object that answers them is the thread's current one.
// Invariant: at most one object a thread; it outlives the schedulers that use its table.
#pragma once

#include "fibers/memory_calls.hpp"

#include <array>
#include <cstddef>
#include <map>

namespace weft::test {

class memory_faults {
  public:
    enum class call : std::size_t { mmap, munmap, mprotect, madvise };

    memory_faults();
    ~memory_faults();
    memory_faults(const memory_faults&) = delete;
    memory_faults& operator=(const memory_faults&) = delete;

    static fibers::memory_calls table() noexcept;

    // Makes the nth call from now (1 is the next) of one kind fail once.
    void fail(call which, std::size_t nth, int error_number) noexcept;
    // The same, whichever of mmap, mprotect and madvise it is.
    void fail_any(std::size_t nth, int error_number) noexcept;
    // Makes every call of one kind fail until heal().
    void refuse(call which, int error_number) noexcept;
    void heal() noexcept;

    // Whether a call was made to fail since the last fail(), fail_any(), refuse() or heal().
    bool struck() const noexcept { return struck_; }
    std::size_t made(call which) const noexcept { return made_[static_cast<std::size_t>(which)]; }
    // What is mapped and not unmapped.
    std::size_t mapped_bytes() const noexcept;
    // What was given back by madvise(MADV_DONTNEED) so far.
    std::size_t trimmed_bytes() const noexcept { return trimmed_; }

  private:
    friend struct memory_fault_calls;

    // Counts the call; true when it is to fail, with errno set.
    bool strike(call which) noexcept;

    std::array<std::size_t, 4> made_{};
    std::array<std::size_t, 4> countdown_{}; // 0: not armed
    std::array<bool, 4> refused_{};
    std::size_t any_countdown_ = 0;
    int error_number_ = 0;
    bool struck_ = false;
    std::size_t trimmed_ = 0;
    std::map<void*, std::size_t> mapped_;
};

} // namespace weft::test
