// SPDX-License-Identifier: BSL-1.0
//
// A stretch of code that a cancel must not interrupt, such as a cleanup that blocks.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/task_state.hpp>

namespace weft {

// While it lives, cancels of the task that made it are kept; the first blocking call after its end
// throws `cancelled`. May be nested. To be destroyed by the task that made it, so best kept on the
// stack. Does not block. Throws not_in_task, no_running_loop. asyncio has no such thing; shield()
// protects what another task does.
class WEFT_API cancel_blocker {
  public:
    cancel_blocker();
    ~cancel_blocker();
    cancel_blocker(const cancel_blocker&) = delete;
    cancel_blocker& operator=(const cancel_blocker&) = delete;

  private:
    detail::task_pointer task_;
};

} // namespace weft
