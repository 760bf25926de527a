// SPDX-License-Identifier: BSL-1.0
//
// A countdown that tasks can wait for, once.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/wait_queue.hpp>

#include <cstddef>
#include <limits>

namespace weft {

// Belongs to one thread (wrong_loop elsewhere). May be destroyed as soon as it has come to zero;
// while somebody waits for that, the process aborts. std::latch.
class WEFT_API latch {
  public:
    // Below zero: std::invalid_argument.
    explicit latch(std::ptrdiff_t expected);
    latch(const latch&) = delete;
    latch& operator=(const latch&) = delete;

    static constexpr std::ptrdiff_t max() noexcept {
        return std::numeric_limits<std::ptrdiff_t>::max();
    }

    // Counts down by n and wakes all who wait when that gives zero. Does not block. n below zero or
    // above what is left: std::invalid_argument, and nothing is counted.
    void count_down(std::ptrdiff_t n = 1);

    // Whether the count is zero.
    bool try_wait() const;

    // wait blocks until the count is zero; if it is: returns at once, without a switch.
    // Cancellable: the waiter leaves. Throws cancelled, not_in_task, no_running_loop.
    void wait() const;

    // count_down(n), then wait(): a cancelled task has counted all the same.
    void arrive_and_wait(std::ptrdiff_t n = 1);

  private:
    void require_countable(std::ptrdiff_t n, const char* call) const;
    void subtract(std::ptrdiff_t n) noexcept;
    void wait_for_zero(const char* call) const;

    mutable detail::wait_queue waiters_;
    detail::own_thread thread_;
    std::ptrdiff_t left_;
};

} // namespace weft
