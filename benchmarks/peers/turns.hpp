// SPDX-License-Identifier: BSL-1.0
// Proof that a yield handed the thread over: two tasks share one, and each notes whose turn was
// last.
//
// A runtime could make yield cheap by returning at once. The count of real alternations is the
// check that every peer's answer carries, at the price of one compare and one store a yield.
#pragma once

#include <cstdint>

namespace peers {

class turns {
  public:
    void note(int who) {
        alternations_ += last_ != who;
        last_ = who;
    }
    std::int64_t alternations() const { return alternations_; }

  private:
    int last_ = -1;
    std::int64_t alternations_ = 0;
};

} // namespace peers
