// SPDX-License-Identifier: BSL-1.0
//
// For tests: takes what is ready in a random order instead of the order of its coming, to find
// programs (and ourselves) relying on more order than is promised. The same seed gives the same
// choices.
//
// Invariant: only legal orders come out. Callbacks keep theirs among themselves, as do fibers whose
// deadlines have come (the heap has put those in order of time, and ties at random).
#pragma once

#include "fibers/runnable.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace weft::fibers {

class shuffle {
  public:
    explicit shuffle(std::uint64_t seed);

    void reorder(ready_queue& turn) noexcept;
    std::uint64_t random() noexcept { return generator_(); }

  private:
    std::size_t below(std::size_t limit) noexcept;

    std::mt19937_64 generator_;
    std::vector<runnable*> turn_; // kept for its memory
    std::vector<runnable*> ordered_;
};

} // namespace weft::fibers
