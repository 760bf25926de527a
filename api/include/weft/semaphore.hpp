// SPDX-License-Identifier: BSL-1.0
//
// A number of permits: limits how many tasks do something at once.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/hand_over_queue.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <mutex> // std::adopt_lock_t
#include <utility>

namespace weft {

// Fair: release() hands permits to the tasks that have waited longest, so nobody overtakes. Belongs
// to one thread (wrong_loop elsewhere); must outlive who waits for it (the process aborts
// otherwise). asyncio.Semaphore, std::counting_semaphore.
class WEFT_API semaphore {
  public:
    // Permits at the start; below zero: std::invalid_argument.
    explicit semaphore(std::ptrdiff_t permits) : semaphore(permits, max()) {}
    ~semaphore() { waiters_.require_idle("weft::semaphore"); }
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    static constexpr std::ptrdiff_t max() noexcept {
        return std::numeric_limits<std::ptrdiff_t>::max();
    }

    // acquire takes a permit, blocking until there is one; if there is: at once, without a switch.
    // Cancellable: the waiter leaves, and a permit that had just been handed to it goes to the
    // next. Throws cancelled, not_in_task, no_running_loop.
    void acquire() {
        if (!take("weft::semaphore::acquire")) {
            wait_for_permit("weft::semaphore::acquire", clock::time_point::max());
        }
    }

    // Takes a permit if there is one that no waiter has been promised; never blocks.
    bool try_acquire() { return take("weft::semaphore::try_acquire"); }

    // Block at most that long; false when the time ends first. Zero or less, or a point in the
    // past: as try_acquire. Otherwise as acquire; a floating NaN: std::invalid_argument.
    template <class Rep, class Period>
    bool try_acquire_for(std::chrono::duration<Rep, Period> d) {
        const char* call = "weft::semaphore::try_acquire_for";
        const clock::duration ticks = detail::to_ticks(d, call);
        return take(call) || (ticks > clock::duration::zero() &&
                              wait_for_permit(call, detail::deadline_after(ticks, call)));
    }
    bool try_acquire_until(clock::time_point deadline) {
        const char* call = "weft::semaphore::try_acquire_until";
        return take(call) || wait_for_permit(call, deadline);
    }

    // Gives k permits back, or adds new ones. Does not block. k below zero, or more than the number
    // allows: std::invalid_argument, and nothing is released.
    void release(std::ptrdiff_t k = 1);

    // Permits that anybody could take now.
    std::ptrdiff_t value() const {
        thread_.require("weft::semaphore::value");
        return value_;
    }
    // Whether acquire() would block.
    bool locked() const { return value() == 0; }

  protected:
    // `most`: what release() may bring the number of permits up to.
    semaphore(std::ptrdiff_t permits, std::ptrdiff_t most);

  private:
    bool take(const char* call) {
        thread_.require(call);
        if (value_ == 0) {
            return false;
        }
        --value_;
        return true;
    }
    bool wait_for_permit(const char* call, clock::time_point deadline);
    void give(std::ptrdiff_t k) noexcept;

    detail::hand_over_queue waiters_;
    detail::own_thread thread_;
    std::ptrdiff_t value_; // above 0 only when nobody waits
    const std::ptrdiff_t most_;
};

// A semaphore whose number of permits never exceeds what it began with: a release() too many is
// std::invalid_argument. asyncio.BoundedSemaphore.
class bounded_semaphore : public semaphore {
  public:
    explicit bounded_semaphore(std::ptrdiff_t permits) : semaphore(permits, permits) {}
};

// Holds one permit and gives it back at the end of the scope. Move-only; the semaphore must outlive
// it.
//
//     weft::permit held{connections};
class [[nodiscard]] permit {
  public:
    permit() noexcept = default;
    // Blocks as semaphore::acquire does.
    explicit permit(semaphore& s) : semaphore_(&s) { s.acquire(); }
    // Takes over a permit that the caller has acquired.
    permit(semaphore& s, std::adopt_lock_t) noexcept : semaphore_(&s) {}
    permit(permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
        permit taken(std::move(other));
        std::swap(semaphore_, taken.semaphore_);
        return *this;
    }
    ~permit() { release(); }

    // Whether it holds a permit.
    explicit operator bool() const noexcept { return semaphore_ != nullptr; }
    // Gives the permit back before the end of the scope; does nothing when there is none.
    void release() {
        if (semaphore* s = std::exchange(semaphore_, nullptr)) {
            s->release();
        }
    }

  private:
    semaphore* semaphore_ = nullptr;
};

} // namespace weft
