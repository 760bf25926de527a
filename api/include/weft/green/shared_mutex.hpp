// SPDX-License-Identifier: BSL-1.0
//
// The shared mutexes of <shared_mutex>, between tasks of any loop and plain threads: one writer or
// any number of readers. In the order of coming: a reader that comes after a waiting writer waits
// behind it, and who is woken may be overtaken once, so neither starves.
//
// Blocking, cancelling and errors are those of weft/green/mutex.hpp; who reads is not recorded, so
// an unlock_shared() by somebody who does not is noticed only when nobody does.
#pragma once

#include <weft/detail/caller.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/shared_lock_word.hpp>
#include <weft/green/mutex.hpp>

#include <chrono>
#include <shared_mutex>

namespace weft::green {

using std::shared_lock;

// std::shared_mutex.
class WEFT_API shared_mutex {
  public:
    constexpr shared_mutex() noexcept = default;
    shared_mutex(const shared_mutex&) = delete;
    shared_mutex& operator=(const shared_mutex&) = delete;

    void lock() { word_.lock("weft::green::shared_mutex::lock"); }
    bool try_lock() { return word_.try_lock(); }
    void unlock() { word_.unlock("weft::green::shared_mutex::unlock"); }

    void lock_shared() { word_.lock_shared("weft::green::shared_mutex::lock_shared"); }
    bool try_lock_shared() { return word_.try_lock_shared(); }
    void unlock_shared() { word_.unlock_shared("weft::green::shared_mutex::unlock_shared"); }

  private:
    detail::shared_lock_word word_;
};

// std::shared_timed_mutex.
class WEFT_API shared_timed_mutex {
  public:
    constexpr shared_timed_mutex() noexcept = default;
    shared_timed_mutex(const shared_timed_mutex&) = delete;
    shared_timed_mutex& operator=(const shared_timed_mutex&) = delete;

    void lock() { word_.lock("weft::green::shared_timed_mutex::lock"); }
    bool try_lock() { return word_.try_lock(); }
    template <class Rep, class Period>
    bool try_lock_for(const std::chrono::duration<Rep, Period>& d) {
        const char* call = "weft::green::shared_timed_mutex::try_lock_for";
        return word_.lock(call, detail::caller_deadline(d, call));
    }
    template <class Clock, class Duration>
    bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
        const char* call = "weft::green::shared_timed_mutex::try_lock_until";
        return word_.lock(call, detail::caller_deadline(when, call));
    }
    void unlock() { word_.unlock("weft::green::shared_timed_mutex::unlock"); }

    void lock_shared() { word_.lock_shared("weft::green::shared_timed_mutex::lock_shared"); }
    bool try_lock_shared() { return word_.try_lock_shared(); }
    template <class Rep, class Period>
    bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& d) {
        const char* call = "weft::green::shared_timed_mutex::try_lock_shared_for";
        return word_.lock_shared(call, detail::caller_deadline(d, call));
    }
    template <class Clock, class Duration>
    bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& when) {
        const char* call = "weft::green::shared_timed_mutex::try_lock_shared_until";
        return word_.lock_shared(call, detail::caller_deadline(when, call));
    }
    void unlock_shared() { word_.unlock_shared("weft::green::shared_timed_mutex::unlock_shared"); }

  private:
    detail::shared_lock_word word_;
};

} // namespace weft::green
