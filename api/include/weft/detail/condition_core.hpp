// SPDX-License-Identifier: BSL-1.0
//
// Waiting for a notification by tasks of any loop and plain threads: the inside of the green
// condition variables. A notified waiter looks at this object no more, so that whoever has notified
// all may destroy it. Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/parking.hpp>

#include <atomic>
#include <condition_variable>

namespace weft::detail {

class WEFT_API condition_core {
  public:
    constexpr condition_core() noexcept = default;

    // Blocks until notified, cancelled or the deadline. give_up releases the caller's lock, when
    // no notification can be missed any more; false: it failed, and the wait is over.
    template <class GiveUp>
    park_result wait(const char* call, clock::time_point deadline, GiveUp give_up) {
        return wait(
            call, deadline, [] { return true; }, give_up);
    }
    // The same, but only if still_wanted; after notify_everyone() it is asked again.
    template <class Wanted, class GiveUp>
    park_result wait(const char* call, clock::time_point deadline, Wanted still_wanted,
                     GiveUp give_up) {
        return park(
            {.call = call, .address = this, .deadline = deadline},
            [&] {
                awaited_.store(true, std::memory_order_seq_cst);
                return still_wanted();
            },
            give_up);
    }

    // For a waiter that has its lock back: what its wait() came to. A notification that met a
    // cancel goes to the next waiter. Throws cancelled.
    std::cv_status finish(const park_result& result);
    // For one that leaves by an error of its own.
    void pass_on(const park_result& result) noexcept;

    void notify_one() noexcept;
    void notify_all() noexcept {
        if (awaited_.load(std::memory_order_seq_cst)) {
            notify_everyone();
        }
    }
    // Also those that are about to wait.
    void notify_everyone() noexcept;

  private:
    std::atomic<bool> awaited_ = false; // somebody may be parked
};

} // namespace weft::detail
