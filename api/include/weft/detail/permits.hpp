// SPDX-License-Identifier: BSL-1.0
//
// A number of permits in one word, for tasks of any loop and plain threads: what the green locks
// and semaphores are made of. Taking a free one and giving one back that nobody waits for is one
// compare-and-swap.
//
// Who gets a permit that is given back: whoever comes first, and the longest waiter is woken to
// come. One that was overtaken on that way is given the next permit directly, so that nobody waits
// for ever. Not the first time: between threads the permit would lie idle for each wake-up, and
// tasks that hold one lock and try for the next, as std::lock does, could hand both round for ever.
// Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/parking.hpp>

#include <atomic>
#include <cstddef>
#include <limits>

namespace weft::detail {

class WEFT_API permits {
  public:
    static constexpr std::ptrdiff_t most = std::numeric_limits<std::ptrdiff_t>::max() / 2;

    constexpr explicit permits(std::ptrdiff_t count) noexcept : word_(count * one) {}
    permits(const permits&) = delete;
    permits& operator=(const permits&) = delete;

    // Takes one if it is free.
    bool try_acquire() noexcept {
        std::ptrdiff_t seen = word_.load(std::memory_order_relaxed);
        while (seen >= one) {
            if (word_.compare_exchange_weak(seen, seen - one, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    // try_acquire() and release() while the process has no other thread.
    bool try_acquire_alone() noexcept {
        const std::ptrdiff_t seen = word_.load(std::memory_order_relaxed);
        if (seen < one) {
            return false;
        }
        word_.store(seen - one, std::memory_order_relaxed);
        return true;
    }
    void release_alone() noexcept {
        const std::ptrdiff_t seen = word_.load(std::memory_order_relaxed);
        if ((seen & awaited) == 0) {
            word_.store(seen + one, std::memory_order_relaxed);
        } else {
            release_to_waiters(1);
        }
    }

    // Blocks until it has one: true. False when the deadline comes first; one that has passed costs
    // a turn. Throws cancelled and not_in_task. `place.address` is this object.
    bool acquire(parking_place place);

    // Gives `count` back, or adds them. Touches nothing here once they can be taken.
    void release(std::ptrdiff_t count = 1) noexcept {
        std::ptrdiff_t seen = word_.load(std::memory_order_relaxed);
        while ((seen & awaited) == 0) {
            if (word_.compare_exchange_weak(seen, seen + count * one, std::memory_order_seq_cst,
                                            std::memory_order_relaxed)) {
                return;
            }
        }
        release_to_waiters(count);
    }

    std::ptrdiff_t free() const noexcept { return word_.load(std::memory_order_relaxed) / one; }

  private:
    void release_to_waiters(std::ptrdiff_t count) noexcept;

    // The lowest bit says that somebody may be parked here.
    static constexpr std::ptrdiff_t awaited = 1;
    static constexpr std::ptrdiff_t one = 2;
    std::atomic<std::ptrdiff_t> word_;
};

} // namespace weft::detail
