// SPDX-License-Identifier: BSL-1.0
//
// The condition variables of <condition_variable>, between tasks of any loop and plain threads.
//
// A wait releases the lock and blocks until notified; it has the lock again when it returns or
// throws. Notifications wake in the order of coming; a wait may also end for no reason, as in std.
// Cancellable, for a task: cancelled is thrown with the lock held, and a notification that came at
// the same time goes to the next waiter. In a callback: not_in_task, with the lock held. notify_one
// and notify_all never block; who is notified looks at the condition variable no more, so it may
// then be destroyed.
#pragma once

#include <weft/detail/caller.hpp>
#include <weft/detail/condition_core.hpp>
#include <weft/detail/export.hpp>
#include <weft/green/mutex.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <stop_token>
#include <utility>

namespace weft::green {

using std::cv_status;

// std::condition_variable: for unique_lock<mutex>. A lock that is not held:
// std::system_error (operation_not_permitted).
class WEFT_API condition_variable {
  public:
    constexpr condition_variable() noexcept = default;
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    void notify_one() noexcept { waiters_.notify_one(); }
    void notify_all() noexcept { waiters_.notify_all(); }

    void wait(unique_lock<mutex>& lock) {
        wait(lock, "weft::green::condition_variable::wait", clock::time_point::max());
    }
    template <class Predicate>
    void wait(unique_lock<mutex>& lock, Predicate done) {
        while (!done()) {
            wait(lock);
        }
    }

    template <class Clock, class Duration>
    cv_status wait_until(unique_lock<mutex>& lock,
                         const std::chrono::time_point<Clock, Duration>& when) {
        const char* call = "weft::green::condition_variable::wait_until";
        return wait(lock, call, detail::caller_deadline(when, call));
    }
    template <class Clock, class Duration, class Predicate>
    bool wait_until(unique_lock<mutex>& lock, const std::chrono::time_point<Clock, Duration>& when,
                    Predicate done) {
        const char* call = "weft::green::condition_variable::wait_until";
        return wait(lock, call, detail::caller_deadline(when, call), done);
    }

    template <class Rep, class Period>
    cv_status wait_for(unique_lock<mutex>& lock, const std::chrono::duration<Rep, Period>& d) {
        const char* call = "weft::green::condition_variable::wait_for";
        return wait(lock, call, detail::caller_deadline(d, call));
    }
    template <class Rep, class Period, class Predicate>
    bool wait_for(unique_lock<mutex>& lock, const std::chrono::duration<Rep, Period>& d,
                  Predicate done) {
        const char* call = "weft::green::condition_variable::wait_for";
        return wait(lock, call, detail::caller_deadline(d, call), done);
    }

  private:
    cv_status wait(unique_lock<mutex>& lock, const char* call, clock::time_point deadline);
    template <class Predicate>
    bool wait(unique_lock<mutex>& lock, const char* call, clock::time_point deadline,
              Predicate& done) {
        while (!done()) {
            if (wait(lock, call, deadline) == cv_status::timeout) {
                return done();
            }
        }
        return true;
    }

    detail::condition_core waiters_;
};

// When the calling task or thread has ended: unlocks, then notifies all. The mutex and the
// condition variable must outlive that. std::notify_all_at_thread_exit.
WEFT_API void notify_all_at_thread_exit(condition_variable& condition, unique_lock<mutex> lock);

// std::condition_variable_any: for anything with lock() and unlock(), such as shared_lock. What its
// unlock() throws comes out of the wait; what its lock() throws ends the process, as in std, but a
// cancel is kept until that is done.
class condition_variable_any {
  public:
    constexpr condition_variable_any() noexcept = default;
    condition_variable_any(const condition_variable_any&) = delete;
    condition_variable_any& operator=(const condition_variable_any&) = delete;

    void notify_one() noexcept { waiters_.notify_one(); }
    void notify_all() noexcept { waiters_.notify_all(); }

    template <class Lock>
    void wait(Lock& lock) {
        wait_once(lock, wait_call, clock::time_point::max());
    }
    template <class Lock, class Predicate>
    void wait(Lock& lock, Predicate done) {
        while (!done()) {
            wait(lock);
        }
    }
    // Returns done(): false only when a stop was requested first.
    template <class Lock, class Predicate>
    bool wait(Lock& lock, std::stop_token stop, Predicate done) {
        return wait_stoppable(lock, stop, wait_call, clock::time_point::max(), done);
    }

    template <class Lock, class Clock, class Duration>
    cv_status wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& when) {
        return wait_once(lock, until_call, detail::caller_deadline(when, until_call));
    }
    template <class Lock, class Clock, class Duration, class Predicate>
    bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& when,
                    Predicate done) {
        return wait_unstoppable(lock, until_call, detail::caller_deadline(when, until_call), done);
    }
    template <class Lock, class Clock, class Duration, class Predicate>
    bool wait_until(Lock& lock, std::stop_token stop,
                    const std::chrono::time_point<Clock, Duration>& when, Predicate done) {
        return wait_stoppable(lock, stop, until_call, detail::caller_deadline(when, until_call),
                              done);
    }

    template <class Lock, class Rep, class Period>
    cv_status wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& d) {
        return wait_once(lock, for_call, detail::caller_deadline(d, for_call));
    }
    template <class Lock, class Rep, class Period, class Predicate>
    bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& d, Predicate done) {
        return wait_unstoppable(lock, for_call, detail::caller_deadline(d, for_call), done);
    }
    template <class Lock, class Rep, class Period, class Predicate>
    bool wait_for(Lock& lock, std::stop_token stop, const std::chrono::duration<Rep, Period>& d,
                  Predicate done) {
        return wait_stoppable(lock, stop, for_call, detail::caller_deadline(d, for_call), done);
    }

  private:
    static constexpr const char* wait_call = "weft::green::condition_variable_any::wait";
    static constexpr const char* until_call = "weft::green::condition_variable_any::wait_until";
    static constexpr const char* for_call = "weft::green::condition_variable_any::wait_for";

    // `stop`: null, or ends the wait before it begins; true when the lock was given up.
    template <class Lock>
    cv_status wait_once(Lock& lock, const char* call, clock::time_point deadline,
                        const std::stop_token* stop = nullptr) {
        bool gave_up = false;
        std::exception_ptr unlock_error;
        const auto result = waiters_.wait(
            call, deadline, [stop] { return stop == nullptr || !stop->stop_requested(); },
            [&] {
                try {
                    lock.unlock();
                    gave_up = true;
                } catch (...) {
                    unlock_error = std::current_exception();
                }
                return gave_up;
            });
        if (gave_up) {
            lock_again(lock);
        }
        if (unlock_error) {
            waiters_.pass_on(result);
            std::rethrow_exception(unlock_error);
        }
        return waiters_.finish(result);
    }

    template <class Lock>
    static void lock_again(Lock& lock) noexcept {
        const detail::caller_keeps_cancels kept;
        lock.lock();
    }

    template <class Lock, class Predicate>
    bool wait_unstoppable(Lock& lock, const char* call, clock::time_point deadline,
                          Predicate& done) {
        while (!done()) {
            if (wait_once(lock, call, deadline) == cv_status::timeout) {
                return done();
            }
        }
        return true;
    }

    template <class Lock, class Predicate>
    bool wait_stoppable(Lock& lock, const std::stop_token& stop, const char* call,
                        clock::time_point deadline, Predicate& done) {
        const std::stop_callback wake(stop, [this] { waiters_.notify_everyone(); });
        while (!stop.stop_requested()) {
            if (done()) {
                return true;
            }
            if (wait_once(lock, call, deadline, &stop) == cv_status::timeout) {
                break;
            }
        }
        return done();
    }

    detail::condition_core waiters_;
};

} // namespace weft::green
