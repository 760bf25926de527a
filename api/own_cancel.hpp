// SPDX-License-Identifier: BSL-1.0
//
// A cancel of a task that its own code asks for and takes back again, such as a time limit or a
// group that has failed. Whether the task is wanted to stop by anybody else as well is told by
// counting, as in asyncio: one more request than before, and one less when it is taken back.
#pragma once

#include "api/task_core.hpp"

#include <string>

namespace weft::detail {

class own_cancel {
  public:
    // A cancel of the task that has not been delivered yet will be delivered inside, so it counts
    // as one that comes inside.
    explicit own_cancel(task_core& t) noexcept
        : task_(t), before_(t.cancelling() - (t.cancel_pending() ? 1 : 0)) {}

    task_core& task() const noexcept { return task_; }
    bool requested() const noexcept { return requested_; }

    void request() noexcept {
        requested_ = true;
        was_pending_ = task_.cancel_pending();
        // One delivery tells of both; what it says is the other's word.
        task_.cancel(was_pending_ ? task_.cancel_message() : std::string());
        after_ = task_.cancelling();
    }

    // Must have been requested. True when no other cancel is outstanding that came inside.
    bool take_back() noexcept {
        if (task_.cancel_pending() && !was_pending_ && task_.cancelling() == after_) {
            task_.withdraw_cancel(); // no blocking call was there to receive it
        }
        return task_.uncancel() <= before_;
    }

  private:
    task_core& task_;
    int before_;
    int after_ = 0;
    bool requested_ = false;
    bool was_pending_ = false; // somebody else's was on its way
};

} // namespace weft::detail
