// SPDX-License-Identifier: BSL-1.0
//
// Every primitive's way to wait, in one shape, so that what holds for all of them is tested for all
// of them. A point is closed by hold(); then take() blocks until the task that closed it calls
// wake(), and give() undoes a take().
#pragma once

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>

namespace weft::test {

// `kept`: what nobody took is there for the next who comes. `broadcast`: one wake is enough for all
// who wait. `disposable`: may be destroyed when the waiters were woken and have not run yet.
template <bool Kept, bool Broadcast, bool Disposable>
struct wait_point {
    static constexpr bool kept = Kept;
    static constexpr bool broadcast = Broadcast;
    static constexpr bool disposable = Disposable;
    void give() {}
};

struct mutex_point : wait_point<true, false, false> {
    static constexpr const char* kind = "weft::mutex";
    static constexpr const char* call = "weft::mutex::lock";
    static constexpr const char* timed_call = "weft::mutex::try_lock_for";
    mutex m;
    void hold() { m.lock(); }
    void take() { m.lock(); }
    template <class D>
    bool take_for(D d) {
        return m.try_lock_for(d);
    }
    bool take_until(clock::time_point t) { return m.try_lock_until(t); }
    void give() { m.unlock(); }
    void wake() { m.unlock(); }
};

struct writer_point : wait_point<true, false, false> {
    static constexpr const char* kind = "weft::shared_mutex";
    static constexpr const char* call = "weft::shared_mutex::lock";
    static constexpr const char* timed_call = "weft::shared_mutex::try_lock_for";
    shared_mutex m;
    void hold() { m.lock_shared(); }
    void take() { m.lock(); }
    template <class D>
    bool take_for(D d) {
        return m.try_lock_for(d);
    }
    bool take_until(clock::time_point t) { return m.try_lock_until(t); }
    void give() { m.unlock(); }
    void wake() { m.unlock_shared(); }
};

struct reader_point : wait_point<true, true, false> {
    static constexpr const char* kind = "weft::shared_mutex";
    static constexpr const char* call = "weft::shared_mutex::lock_shared";
    static constexpr const char* timed_call = "weft::shared_mutex::try_lock_shared_for";
    shared_mutex m;
    void hold() { m.lock(); }
    void take() { m.lock_shared(); }
    template <class D>
    bool take_for(D d) {
        return m.try_lock_shared_for(d);
    }
    bool take_until(clock::time_point t) { return m.try_lock_shared_until(t); }
    void give() { m.unlock_shared(); }
    void wake() { m.unlock(); }
};

struct semaphore_point : wait_point<true, false, false> {
    static constexpr const char* kind = "weft::semaphore";
    static constexpr const char* call = "weft::semaphore::acquire";
    static constexpr const char* timed_call = "weft::semaphore::try_acquire_for";
    bounded_semaphore s{1};
    void hold() { s.acquire(); }
    void take() { s.acquire(); }
    template <class D>
    bool take_for(D d) {
        return s.try_acquire_for(d);
    }
    bool take_until(clock::time_point t) { return s.try_acquire_until(t); }
    void give() { s.release(); }
    void wake() { s.release(); }
};

struct event_point : wait_point<true, true, true> {
    static constexpr const char* kind = "weft::event";
    static constexpr const char* call = "weft::event::wait";
    static constexpr const char* timed_call = "weft::event::wait_for";
    event e;
    void hold() { e.clear(); }
    void take() { e.wait(); }
    template <class D>
    bool take_for(D d) {
        return e.wait_for(d);
    }
    bool take_until(clock::time_point t) { return e.wait_until(t); }
    void wake() { e.set(); }
};

struct latch_point : wait_point<true, true, true> {
    static constexpr const char* kind = "weft::latch";
    static constexpr const char* call = "weft::latch::wait";
    latch l{1};
    void hold() { static_cast<void>(l.try_wait()); }
    void take() { l.wait(); }
    void wake() { l.count_down(); }
};

struct condition_point : wait_point<false, false, false> {
    static constexpr const char* kind = "weft::condition_variable";
    static constexpr const char* call = "weft::condition_variable::wait";
    static constexpr const char* timed_call = "weft::condition_variable::wait_for";
    mutex m;
    condition_variable c;
    void hold() { c.notify_one(); }
    void take() {
        std::unique_lock lock(m);
        const check_held check{lock};
        c.wait(lock);
    }
    template <class D>
    bool take_for(D d) {
        std::unique_lock lock(m);
        const check_held check{lock};
        return c.wait_for(lock, d) == std::cv_status::no_timeout;
    }
    bool take_until(clock::time_point t) {
        std::unique_lock lock(m);
        const check_held check{lock};
        return c.wait_until(lock, t) == std::cv_status::no_timeout;
    }
    void wake() { c.notify_one(); }
    // For places where the mutex cannot be locked either.
    void take_unlocked() {
        std::unique_lock lock(m, std::defer_lock);
        c.wait(lock);
    }
    template <class D>
    bool take_unlocked_for(D d) {
        std::unique_lock lock(m, std::defer_lock);
        return c.wait_for(lock, d) == std::cv_status::no_timeout;
    }

  private:
    // However the wait ends, the lock is held: or this unlock throws, and the process ends.
    struct check_held {
        std::unique_lock<mutex>& lock;
        ~check_held() { lock.unlock(); }
    };
};

struct get_point : wait_point<true, false, false> {
    static constexpr const char* kind = "weft::queue";
    static constexpr const char* call = "weft::queue::get";
    queue<int> q;
    void hold() { static_cast<void>(q.try_get()); }
    void take() { static_cast<void>(q.get()); }
    void give() { q.put(1); }
    void wake() { q.put(1); }
};

struct put_point : wait_point<true, false, false> {
    static constexpr const char* kind = "weft::queue";
    static constexpr const char* call = "weft::queue::put";
    queue<int> q{1};
    void hold() { q.put(1); }
    void take() { q.put(2); }
    void give() { static_cast<void>(q.get()); }
    void wake() { static_cast<void>(q.get()); }
};

struct join_point : wait_point<true, true, true> {
    static constexpr const char* kind = "weft::queue";
    static constexpr const char* call = "weft::queue::join";
    queue<int> q;
    void hold() { q.put(1); }
    void take() { q.join(); }
    void wake() { q.task_done(); }
};

using wait_points =
    testing::Types<mutex_point, writer_point, reader_point, semaphore_point, event_point,
                   latch_point, condition_point, get_point, put_point, join_point>;
using timed_wait_points = testing::Types<mutex_point, writer_point, reader_point, semaphore_point,
                                         event_point, condition_point>;

// Whether what was woken for can be taken by who comes now.
template <class Point>
bool can_be_taken(Point& p) {
    auto t = spawn({.eager = true}, [&p] {
        p.take();
        p.give();
    });
    return t.done();
}

// take(), where it must fail.
template <class Point>
void take_wrongly(Point& p) {
    if constexpr (requires { p.take_unlocked(); }) {
        p.take_unlocked();
    } else {
        p.take();
    }
}
template <class Point, class D>
void take_wrongly_for(Point& p, D d) {
    if constexpr (requires { p.take_unlocked(); }) {
        p.take_unlocked_for(d);
    } else {
        p.take_for(d);
    }
}

} // namespace weft::test
