// SPDX-License-Identifier: BSL-1.0
//
// A lock held for a few instructions, never across a wait. A mutex would do, but for its calls:
// those are this library's own, or, when they go to libc directly, unseen by ThreadSanitizer.
#pragma once

#include <atomic>

#include <sys/syscall.h>
#include <unistd.h>

namespace weft::interpose {

class short_lock {
  public:
    constexpr short_lock() noexcept = default;
    short_lock(const short_lock&) = delete;
    short_lock& operator=(const short_lock&) = delete;

    void lock() noexcept {
        while (taken_.exchange(true, std::memory_order_acquire)) {
            ::syscall(SYS_sched_yield);
        }
    }
    void unlock() noexcept { taken_.store(false, std::memory_order_release); }

  private:
    std::atomic<bool> taken_ = false;
};

} // namespace weft::interpose
