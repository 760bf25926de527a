// SPDX-License-Identifier: BSL-1.0
//
// The waiting half of gather(): it watches what gather() was given, cancels its own children at the
// first failure, and waits until what it has to wait for has ended. Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>

#include <cstddef>

namespace weft::detail {

class completion;

class WEFT_API gather_scope {
  public:
    // `return_exceptions`: no failure ends the wait.
    gather_scope(std::size_t arguments, bool return_exceptions);
    ~gather_scope();
    gather_scope(const gather_scope&) = delete;
    gather_scope& operator=(const gather_scope&) = delete;

    // `own`: a child, which a failure of another cancels. Throws invalid_state for the running
    // task.
    void watch(completion& c, bool own);

    // Returns when everything has ended well, or at all with return_exceptions. Throws the first
    // failure when every child has ended; `cancelled`, when the waiting task was cancelled, after
    // everything has ended.
    void wait();

  private:
    struct state;
    state* state_;
};

} // namespace weft::detail
