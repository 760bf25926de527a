// SPDX-License-Identifier: BSL-1.0
//
// The latch of <latch>, between tasks of any loop and plain threads.
#pragma once

#include <weft/detail/export.hpp>

#include <atomic>
#include <cstddef>
#include <limits>

namespace weft::green {

// std::latch. May be destroyed by whoever was waiting, while the count_down() that woke it still
// runs.
class WEFT_API latch {
  public:
    static constexpr std::ptrdiff_t max() noexcept {
        return std::numeric_limits<std::ptrdiff_t>::max();
    }

    // Negative: std::invalid_argument.
    constexpr explicit latch(std::ptrdiff_t expected) : count_(expected) {
        if (expected < 0) {
            throw_wrong_count("weft::green::latch", expected, 0);
        }
    }
    latch(const latch&) = delete;
    latch& operator=(const latch&) = delete;

    // Never blocks. Negative, or more than the count: std::invalid_argument.
    void count_down(std::ptrdiff_t n = 1);
    bool try_wait() const noexcept { return count_.load(std::memory_order_acquire) == 0; }
    // Blocks until the count is zero. Cancellable, for a task. Throws cancelled; not_in_task when
    // it would block in a callback.
    void wait() const;
    void arrive_and_wait(std::ptrdiff_t n = 1) {
        count_down(n);
        wait();
    }

  private:
    [[noreturn]] static void throw_wrong_count(const char* call, std::ptrdiff_t n,
                                               std::ptrdiff_t count);
    std::atomic<std::ptrdiff_t> count_;
};

} // namespace weft::green
