// SPDX-License-Identifier: BSL-1.0
//
// The mutexes of <mutex>, between tasks of any loop and plain threads: a task that waits is
// suspended and its loop goes on, a thread that waits is blocked. Usable before and after run(),
// constant-initialized; as in std, a mutex must outlive who waits for it.
//
// Uncontended, a lock and an unlock are one compare-and-swap each. unlock() wakes the one that has
// waited longest; whoever comes before that has run may overtake it, once: the next time it is
// handed the mutex.
#pragma once

#include <weft/detail/caller.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/owned_lock.hpp>

#include <chrono>
#include <mutex>

namespace weft::green {

// What works with any mutex is std's own.
using std::adopt_lock;
using std::adopt_lock_t;
using std::defer_lock;
using std::defer_lock_t;
using std::lock;
using std::lock_guard;
using std::scoped_lock;
using std::try_lock;
using std::try_to_lock;
using std::try_to_lock_t;
using std::unique_lock;

class condition_variable;
class mutex;
WEFT_API void notify_all_at_thread_exit(condition_variable& condition, unique_lock<mutex> lock);

// Every mutex here:
// lock blocks until the caller holds the mutex. Cancellable, for a task: it leaves, and a mutex
// that had just been handed to it goes to the next. Throws cancelled; std::system_error
// (resource_deadlock_would_occur) when the caller holds it already and it is not recursive;
// not_in_task when it would block in a callback.
// try_lock never blocks; false also when the caller holds it, unless it is recursive.
// try_lock_for and try_lock_until block as lock() does, at most that long; a time that has passed
// costs one turn, so that whoever asks again and again lets the others run. A floating NaN:
// std::invalid_argument.
// unlock throws std::system_error (operation_not_permitted) when the caller does not hold it.

// std::mutex.
class WEFT_API mutex {
  public:
    constexpr mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    void lock() { lock_.lock("weft::green::mutex::lock"); }
    bool try_lock() { return lock_.try_lock(); }
    void unlock() { lock_.unlock("weft::green::mutex::unlock"); }

  private:
    friend class condition_variable;
    friend WEFT_API void notify_all_at_thread_exit(condition_variable&, unique_lock<mutex>);
    detail::owned_lock lock_;
};

// std::timed_mutex.
class WEFT_API timed_mutex {
  public:
    constexpr timed_mutex() noexcept = default;
    timed_mutex(const timed_mutex&) = delete;
    timed_mutex& operator=(const timed_mutex&) = delete;

    void lock() { lock_.lock("weft::green::timed_mutex::lock"); }
    bool try_lock() { return lock_.try_lock(); }
    template <class Rep, class Period>
    bool try_lock_for(const std::chrono::duration<Rep, Period>& d) {
        const char* call = "weft::green::timed_mutex::try_lock_for";
        return lock_.lock(call, detail::caller_deadline(d, call));
    }
    template <class Clock, class Duration>
    bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
        const char* call = "weft::green::timed_mutex::try_lock_until";
        return lock_.lock(call, detail::caller_deadline(when, call));
    }
    void unlock() { lock_.unlock("weft::green::timed_mutex::unlock"); }

  private:
    detail::owned_lock lock_;
};

// std::recursive_mutex: its holder may lock it again, and unlocks it as often.
class WEFT_API recursive_mutex {
  public:
    constexpr recursive_mutex() noexcept = default;
    recursive_mutex(const recursive_mutex&) = delete;
    recursive_mutex& operator=(const recursive_mutex&) = delete;

    void lock() { lock_.lock("weft::green::recursive_mutex::lock"); }
    bool try_lock() { return lock_.try_lock(); }
    void unlock() { lock_.unlock("weft::green::recursive_mutex::unlock"); }

  private:
    detail::recursive_owned_lock lock_;
};

// std::recursive_timed_mutex.
class WEFT_API recursive_timed_mutex {
  public:
    constexpr recursive_timed_mutex() noexcept = default;
    recursive_timed_mutex(const recursive_timed_mutex&) = delete;
    recursive_timed_mutex& operator=(const recursive_timed_mutex&) = delete;

    void lock() { lock_.lock("weft::green::recursive_timed_mutex::lock"); }
    bool try_lock() { return lock_.try_lock(); }
    template <class Rep, class Period>
    bool try_lock_for(const std::chrono::duration<Rep, Period>& d) {
        const char* call = "weft::green::recursive_timed_mutex::try_lock_for";
        return lock_.lock(call, detail::caller_deadline(d, call));
    }
    template <class Clock, class Duration>
    bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
        const char* call = "weft::green::recursive_timed_mutex::try_lock_until";
        return lock_.lock(call, detail::caller_deadline(when, call));
    }
    void unlock() { lock_.unlock("weft::green::recursive_timed_mutex::unlock"); }

  private:
    detail::recursive_owned_lock lock_;
};

} // namespace weft::green
