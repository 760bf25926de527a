// SPDX-License-Identifier: BSL-1.0
//
// A flag that tasks can wait for.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/wait_queue.hpp>

#include <chrono>

namespace weft {

// Stays set until cleared. Belongs to one thread (wrong_loop elsewhere). May be destroyed as soon
// as it has been set; while somebody waits for that, the process aborts. asyncio.Event.
class WEFT_API event {
  public:
    event() noexcept = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    // Sets the flag and wakes all who wait, in the order of their coming; they return even when
    // clear() follows at once. Does not block.
    void set();
    void clear();
    bool is_set() const;

    // wait blocks until the flag is set; set: returns at once, without a switch. Cancellable: the
    // waiter leaves. Throws cancelled, not_in_task, no_running_loop.
    void wait() { wait_within(clock::time_point::max(), "weft::event::wait"); }

    // The same, at most until then: false when the time ends first. Zero or less, or a point in
    // the past: is_set(). A floating NaN: std::invalid_argument.
    bool wait_until(clock::time_point deadline) {
        return wait_within(deadline, "weft::event::wait_until");
    }
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> d) {
        return wait_at_most(detail::to_ticks(d, "weft::event::wait_for"));
    }

  private:
    bool wait_at_most(clock::duration d);
    bool wait_within(clock::time_point deadline, const char* call);

    detail::wait_queue waiters_;
    detail::own_thread thread_;
    bool set_ = false;
};

} // namespace weft
