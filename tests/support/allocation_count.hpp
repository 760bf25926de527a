// SPDX-License-Identifier: BSL-1.0
//
// How often this thread has called operator new since the object was made. A program that links
// this file has its global operator new replaced by a counting one.
#pragma once

#include <cstddef>

namespace weft::test {

class allocation_count {
  public:
    allocation_count() noexcept : at_start_(total()) {}
    std::size_t so_far() const noexcept { return total() - at_start_; }

  private:
    static std::size_t total() noexcept;
    std::size_t at_start_;
};

// While it lives, the nth allocation of this thread (1 is the next) throws std::bad_alloc.
class allocation_fault {
  public:
    explicit allocation_fault(std::size_t nth) noexcept;
    ~allocation_fault();
    allocation_fault(const allocation_fault&) = delete;
    allocation_fault& operator=(const allocation_fault&) = delete;
    bool struck() const noexcept;
};

} // namespace weft::test
