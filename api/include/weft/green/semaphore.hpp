// SPDX-License-Identifier: BSL-1.0
//
// The semaphores of <semaphore>, between tasks of any loop and plain threads.
#pragma once

#include <weft/detail/caller.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/permits.hpp>

#include <chrono>
#include <cstddef>

namespace weft {

namespace detail {
// std::invalid_argument.
[[noreturn]] WEFT_API void throw_wrong_permits(const char* call, std::ptrdiff_t count,
                                               std::ptrdiff_t free, std::ptrdiff_t most);
} // namespace detail

namespace green {

// std::counting_semaphore. Permits go to the waiters in the order of coming; one may be overtaken
// once. As in std, it must outlive who waits, but may be destroyed by whoever has got the
// last permit while the release() that gave it still runs.
template <std::ptrdiff_t LeastMaxValue = detail::permits::most>
class counting_semaphore {
    static_assert(LeastMaxValue >= 0 && LeastMaxValue <= detail::permits::most);

  public:
    static constexpr std::ptrdiff_t max() noexcept { return LeastMaxValue; }

    // Below 0 or above max(): std::invalid_argument.
    constexpr explicit counting_semaphore(std::ptrdiff_t count) : permits_(count) {
        if (count < 0 || count > max()) {
            detail::throw_wrong_permits("weft::green::counting_semaphore", count, 0, max());
        }
    }
    counting_semaphore(const counting_semaphore&) = delete;
    counting_semaphore& operator=(const counting_semaphore&) = delete;

    // Never blocks. Negative, or more than max() in all: std::invalid_argument.
    void release(std::ptrdiff_t count = 1) {
        const std::ptrdiff_t free = permits_.free();
        if (count < 0 || count > max() - free) {
            detail::throw_wrong_permits("weft::green::counting_semaphore::release", count, free,
                                        max());
        }
        permits_.release(count);
    }

    // Blocks until there is a permit. Cancellable, for a task: it leaves, and a permit that was
    // meant for it goes to the next. Throws cancelled; not_in_task when it would block in a
    // callback.
    void acquire() {
        if (!permits_.try_acquire()) {
            permits_.acquire(
                {.call = "weft::green::counting_semaphore::acquire", .address = &permits_});
        }
    }
    bool try_acquire() noexcept { return permits_.try_acquire(); }
    // Blocks as acquire() does, at most that long; a time that has passed costs one turn. A
    // floating NaN: std::invalid_argument.
    template <class Rep, class Period>
    bool try_acquire_for(const std::chrono::duration<Rep, Period>& d) {
        const char* call = "weft::green::counting_semaphore::try_acquire_for";
        return acquire_until(call, detail::caller_deadline(d, call));
    }
    template <class Clock, class Duration>
    bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& when) {
        const char* call = "weft::green::counting_semaphore::try_acquire_until";
        return acquire_until(call, detail::caller_deadline(when, call));
    }

  private:
    bool acquire_until(const char* call, clock::time_point deadline) {
        return permits_.acquire({.call = call, .address = &permits_, .deadline = deadline});
    }

    detail::permits permits_;
};

// std::binary_semaphore.
using binary_semaphore = counting_semaphore<1>;

} // namespace green
} // namespace weft
