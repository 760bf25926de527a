// SPDX-License-Identifier: BSL-1.0
//
// The waiting half of gather(): it watches children that gather started, cancels the rest at the
// first failure, and waits until all have ended. Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/task_state.hpp>

#include <cstddef>
#include <memory>

namespace weft::detail {

class WEFT_API gather_scope {
  public:
    explicit gather_scope(std::size_t children);
    ~gather_scope();
    gather_scope(const gather_scope&) = delete;
    gather_scope& operator=(const gather_scope&) = delete;

    void watch(task_state& child);

    // Returns when every child has ended well; throws the first failure, or `cancelled` when the
    // waiting task was cancelled, after every child has ended.
    void wait();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace weft::detail
