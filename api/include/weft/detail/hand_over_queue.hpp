// SPDX-License-Identifier: BSL-1.0
//
// A FIFO of tasks that wait for one thing each: a lock, a permit, an item. Whoever has one offers
// it to the longest waiter, and from then on it is that task's: nobody who comes meanwhile can take
// it. Not for use by programs.
//
// Invariant: each task in wait() counts once, as waiting or as promised. Who was promised something
// and is cancelled before it runs hears of both, and must offer it to the next.
#pragma once

#include <weft/detail/wait_queue.hpp>

#include <cstddef>

namespace weft::detail {

class WEFT_API hand_over_queue {
  public:
    // How many tasks wait with nothing promised to them. Some of them may have timed out or have
    // been cancelled without having run since: then offer() may find nobody.
    std::size_t waiting() const noexcept { return waiting_; }
    // How many tasks something was promised to that they have not picked up yet.
    std::size_t promised() const noexcept { return promised_; }

    // Promises one thing to the longest waiter; false when there is none: then it stays where it
    // is.
    bool offer() noexcept { return waiting_ != 0 && offer_to_longest(); }

    // Parks the running task until it is promised something (end == notified), the deadline comes
    // or it is cancelled; `notified` says whether it had been promised something, which it has
    // picked up now. A deadline that has passed: returns at once. Throws no_running_loop and
    // not_in_task.
    inline wait_outcome wait(const char* call, const void* object, clock::time_point deadline);
    inline wait_outcome wait(const char* call, const void* object, clock::time_point deadline,
                             wait_describer describe);
    // The same, but a cancel of the waiter is kept for its next blocking call.
    void wait_without_cancel(const char* call, const void* object);

    // For the destructor of what uses this: nobody may be in wait().
    void require_idle(const char* kind) const noexcept {
        if (waiting_ + promised_ != 0) [[unlikely]] {
            abort_destroyed(kind);
        }
    }

  private:
    bool offer_to_longest() noexcept;
    void left(bool notified) noexcept { --(notified ? promised_ : waiting_); }

    wait_queue queue_;
    std::size_t waiting_ = 0;
    std::size_t promised_ = 0;
};

} // namespace weft::detail
