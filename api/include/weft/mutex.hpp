// SPDX-License-Identifier: BSL-1.0
//
// Mutual exclusion between tasks of one loop. Needed less often than between threads: without a
// blocking call in between nothing else runs.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/hand_over_queue.hpp>

#include <chrono>
#include <cstdint>

namespace weft {

// Not recursive, fair: unlock() hands the mutex to the task that has waited longest, so nobody
// overtakes. Works with std::lock_guard, std::unique_lock and std::scoped_lock. Take several in one
// order, each with its own guard: std::lock and a scoped_lock of several back off and try again,
// and three tasks that do so may hand two mutexes round for ever, as one that is handed on is never
// free (weft::green::mutex may be overtaken once, and is not subject to that). Belongs to one
// thread (wrong_loop elsewhere); must outlive who waits for it (the process aborts otherwise).
// asyncio.Lock, std::timed_mutex.
class WEFT_API mutex {
  public:
    mutex() noexcept = default;
    ~mutex() { waiters_.require_idle("weft::mutex"); }
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    // lock blocks until this task holds the mutex; free: at once, without a switch. Cancellable:
    // the waiter leaves, and a mutex that had just been handed to it goes to the next. Throws
    // cancelled, not_in_task, no_running_loop; std::system_error (resource_deadlock_would_occur)
    // when this task holds it already.
    void lock();

    // Whether this task holds the mutex now; never blocks. False when this task held it before,
    // too. Throws not_in_task, no_running_loop.
    bool try_lock();

    // Blocks at most that long; false when the time ends first. Zero or less, or a point in the
    // past: as try_lock. Otherwise cancellable and throwing as lock is; a floating NaN:
    // std::invalid_argument.
    template <class Rep, class Period>
    bool try_lock_for(std::chrono::duration<Rep, Period> d) {
        return lock_within(detail::to_ticks(d, "weft::mutex::try_lock_for"));
    }
    bool try_lock_until(clock::time_point deadline);

    // Does not block. std::system_error (operation_not_permitted) when this task does not hold it.
    void unlock();

  private:
    friend class condition_variable;
    bool is_free() const noexcept { return holder_ == 0 && waiters_.promised() == 0; }
    bool lock_within(clock::duration d);
    bool acquire(const char* call, clock::time_point deadline);
    void acquire_without_cancel(const char* call);
    void pass_on() noexcept;
    static std::size_t describe(const fibers::wait_site& site, char* out,
                                std::size_t size) noexcept;

    detail::hand_over_queue waiters_;
    detail::own_thread thread_;
    std::uint64_t holder_ = 0; // the task's number; 0 when nobody holds it, or it is on its way
};

} // namespace weft
