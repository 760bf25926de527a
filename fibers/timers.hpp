// SPDX-License-Identifier: BSL-1.0
//
// The deadline heap: an intrusive pairing heap, because arming and disarming a timeout must cost
// the same few nanoseconds with ten timers and with a million, and must not allocate. Adding is a
// comparison with the root; removing what was added lately unlinks one node; only taking the
// earliest pays, amortised, the logarithm.
//
// Order: by time, ties by creation. Invariant: a timer is in the heap exactly while armed() is
// true; its owner keeps it in place until then (timers live on waiting stacks).
#pragma once

#include "fibers/time.hpp"

#include <cstddef>
#include <cstdint>

namespace weft::fibers {

class timer {
  public:
    using function = void (*)(timer&) noexcept;
    explicit timer(function on_expiry) noexcept : on_expiry_(on_expiry) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    bool armed() const noexcept { return armed_; }
    time_point when() const noexcept { return when_; }

  private:
    friend class timer_heap;
    time_point when_{};
    std::uint64_t sequence_ = 0;
    timer* child_ = nullptr;   // first of the children
    timer* sibling_ = nullptr; // next child of the same parent
    timer* before_ = nullptr;  // previous sibling, or the parent for a first child
    function on_expiry_;
    bool armed_ = false;
};

class shuffle;

class timer_heap {
  public:
    // `ties`: what to break ties by, instead of the order of creation.
    explicit timer_heap(shuffle* ties = nullptr) noexcept : ties_(ties) {}

    bool empty() const noexcept { return root_ == nullptr; }
    std::size_t size() const noexcept { return size_; }

    // The earliest deadline, or `never`.
    time_point next() const noexcept { return root_ == nullptr ? never : root_->when_; }

    void add(timer& t, time_point when) noexcept;
    void remove(timer& t) noexcept; // must be armed

    // Takes out every timer that is due and calls its function, earliest first. Those functions
    // make something ready and no more: they add and remove no timers.
    void fire(time_point now) noexcept;

  private:
    static bool earlier(const timer& a, const timer& b) noexcept;
    static timer* meld(timer* a, timer* b) noexcept;
    static timer* meld_siblings(timer* first) noexcept;
    timer& pop() noexcept;

    timer* root_ = nullptr;
    std::uint64_t next_sequence_ = 0;
    shuffle* ties_;
    std::size_t size_ = 0;
};

} // namespace weft::fibers
