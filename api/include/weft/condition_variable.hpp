// SPDX-License-Identifier: BSL-1.0
//
// Waiting, with a mutex given up meanwhile, until another task says that something has changed.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/wait_queue.hpp>
#include <weft/mutex.hpp>

#include <chrono>
#include <condition_variable> // std::cv_status
#include <mutex>

namespace weft {

// Every wait gives up the mutex, waits at least one turn, and **returns or throws with the mutex
// held again**. Taking it back cannot be cancelled: a cancel that comes then is thrown right after.
// A notification that reaches a task which is cancelled goes on to another waiter. Belongs to one
// thread (wrong_loop elsewhere). May be destroyed when everybody has been notified; while somebody
// still waits for that, the process aborts. asyncio.Condition, std::condition_variable.
class WEFT_API condition_variable {
  public:
    condition_variable() noexcept = default;
    ~condition_variable();
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    // Wake the longest waiter, or all; nothing happens when nobody waits. Do not block, and need
    // not be called with the mutex held.
    void notify_one();
    void notify_all();

    // wait blocks until notified. Throws cancelled, not_in_task, no_running_loop;
    // std::system_error (operation_not_permitted) when this task does not hold the lock.
    void wait(std::unique_lock<mutex>& lock) {
        wait_within(lock, clock::time_point::max(), "weft::condition_variable::wait");
    }
    // The same until done() is true: at once when it is true already. What done throws passes.
    template <class Predicate>
    void wait(std::unique_lock<mutex>& lock, Predicate done) {
        while (!done()) {
            wait(lock);
        }
    }

    // wait_until and wait_for block at most until then, as wait otherwise; taking the mutex back
    // may last longer. Without a predicate they say whether they were notified, with one they
    // return its value at the end. A floating NaN: std::invalid_argument.
    std::cv_status wait_until(std::unique_lock<mutex>& lock, clock::time_point deadline) {
        return wait_within(lock, deadline, "weft::condition_variable::wait_until");
    }
    template <class Predicate>
    bool wait_until(std::unique_lock<mutex>& lock, clock::time_point deadline, Predicate done) {
        return wait_for_predicate(lock, deadline, done, "weft::condition_variable::wait_until");
    }
    template <class Rep, class Period>
    std::cv_status wait_for(std::unique_lock<mutex>& lock, std::chrono::duration<Rep, Period> d) {
        const char* call = "weft::condition_variable::wait_for";
        return wait_within(lock, deadline_after(detail::to_ticks(d, call), call), call);
    }
    template <class Rep, class Period, class Predicate>
    bool wait_for(std::unique_lock<mutex>& lock, std::chrono::duration<Rep, Period> d,
                  Predicate done) {
        const char* call = "weft::condition_variable::wait_for";
        return wait_for_predicate(lock, deadline_after(detail::to_ticks(d, call), call), done,
                                  call);
    }

  private:
    class stay;

    clock::time_point deadline_after(clock::duration d, const char* call) const {
        thread_.require(call);
        return detail::deadline_after(d, call);
    }
    template <class Predicate>
    bool wait_for_predicate(std::unique_lock<mutex>& lock, clock::time_point deadline,
                            Predicate& done, const char* call) {
        while (!done()) {
            if (wait_within(lock, deadline, call) == std::cv_status::timeout) {
                return done();
            }
        }
        return true;
    }
    std::cv_status wait_within(std::unique_lock<mutex>& lock, clock::time_point deadline,
                               const char* call);

    detail::wait_queue waiters_;
    detail::own_thread thread_;
    stay* stays_ = nullptr; // every task in a wait, notified or not
};

} // namespace weft
