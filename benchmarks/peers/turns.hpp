// SPDX-License-Identifier: BSL-1.0
// Proof that a task handed the thread over: tasks share one, and each notes whose turn was last.
//
// A runtime could make yield cheap by returning at once. The count of real alternations is the
// check that every peer's answer carries, at the price of one compare and one store a yield.
#pragma once

#include <atomic>
#include <cstdint>

namespace peers {

// Counter: std::int64_t, or an atomic one for tasks that are threads. Those share a core, so that
// what lies between a load and a store is disturbed seldom enough for a count of turns.
template <class Counter>
class basic_turns {
  public:
    void note(std::int64_t who) {
        alternations_ += last_ != who;
        last_ = who;
    }
    std::int64_t alternations() const { return alternations_; }

  private:
    Counter last_{-1};
    Counter alternations_{0};
};

using turns = basic_turns<std::int64_t>;

} // namespace peers
