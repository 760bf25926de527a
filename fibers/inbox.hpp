// SPDX-License-Identifier: BSL-1.0
//
// What other threads may post to a loop: a lock-free stack of letters, emptied by the loop in the
// order of posting. A letter wakes the loop only when the loop is asleep, so a burst costs one
// wake-up. The inbox outlives its loop (shared ownership): after close() a letter is refused, and
// the port is never touched again.
#pragma once

#include "fibers/event_port.hpp"

#include <atomic>
#include <mutex>

namespace weft::fibers {

// One message; `deliver` runs on the loop's own stack and may destroy the letter.
class letter {
  public:
    using function = void (*)(letter&) noexcept;
    explicit letter(function deliver) noexcept : deliver_(deliver) {}
    letter(const letter&) = delete;
    letter& operator=(const letter&) = delete;

  private:
    friend class inbox;
    letter* next_ = nullptr;
    function deliver_;
};

class inbox {
  public:
    explicit inbox(event_port& port) noexcept : port_(&port) {}

    // Hands a letter over; any thread. False when the loop is closed: the letter stays the
    // caller's.
    [[nodiscard]] bool post(letter& l) noexcept;

    // Says that a letter may come: a loop with nothing else to wait for sleeps instead of reporting
    // a deadlock. Any thread; every hold() is followed by one release().
    void hold() noexcept { holds_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept;
    bool held() const noexcept { return holds_.load(std::memory_order_acquire) > 0; }

    // The loop's side. drain() delivers everything that is there and says whether there was any.
    bool drain() noexcept;

    // Announces a sleep. False when a letter is already there, or when nothing but a hold lets the
    // loop sleep and the last one is gone: do not sleep. Every true answer is followed by awake().
    [[nodiscard]] bool prepare_to_sleep(bool only_while_held = false) noexcept;
    void awake() noexcept;

    // Refuses letters from now on, delivers those that came before, forgets the port. Idempotent.
    void close() noexcept;

  private:
    void wake_sleeper() noexcept;
    static letter* closed_mark() noexcept;
    static bool deliver_in_order(letter* newest) noexcept;

    std::atomic<letter*> newest_ = nullptr;
    std::atomic<bool> asleep_ = false;
    std::atomic<int> holds_ = 0;
    std::mutex port_mutex_; // taken only to wake a sleeping loop and to close
    event_port* port_;
};

} // namespace weft::fibers
