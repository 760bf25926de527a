// SPDX-License-Identifier: BSL-1.0
//
// The signal mask of ppoll() and its like. The thread is its loop's and runs other tasks meanwhile,
// so of the mask only what it lets through counts: those signals are unblocked while the task
// waits.
#pragma once

#include "api/posix/interruption.hpp"

#include <csignal>

namespace weft::detail {

class let_through {
  public:
    // Null: nothing changes.
    let_through(interruption& i, const sigset_t* mask) noexcept
        : interruption_(mask != nullptr ? &i : nullptr) {
        if (mask != nullptr) {
            through_ = i.let_through(*mask);
        }
    }
    ~let_through() {
        if (interruption_ != nullptr) {
            interruption_->hold_back(through_);
        }
    }
    let_through(const let_through&) = delete;
    let_through& operator=(const let_through&) = delete;

  private:
    interruption* const interruption_;
    sigset_t through_;
};

} // namespace weft::detail
