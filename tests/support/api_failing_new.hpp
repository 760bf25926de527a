// SPDX-License-Identifier: BSL-1.0
//
// Makes this thread's nth allocation from now fail, once; 1 is the next. A program that links the
// source file has its global operator new replaced.
#pragma once

namespace weft::test {

class failing_new {
  public:
    explicit failing_new(int nth) noexcept;
    ~failing_new();
    failing_new(const failing_new&) = delete;
    failing_new& operator=(const failing_new&) = delete;

    // Whether an allocation was made to fail.
    bool struck() const noexcept;

    // No allocation fails any more.
    void stop() noexcept;
};

// Allocations of this thread that have not been freed by it, for comparing before and after.
long live_allocations() noexcept;

} // namespace weft::test
