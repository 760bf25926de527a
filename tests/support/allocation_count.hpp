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

} // namespace weft::test
