// SPDX-License-Identifier: BSL-1.0
//
// A FIFO of parked fibers. Waiters live on the waiting stacks, so waiting allocates nothing.
//
// Invariant: notify_one() reaches a fiber that is really parked: a waiter that has timed out or was
// cancelled in the same turn, but has not resumed yet, is passed over. The other way round, a
// waiter that was notified and then cancelled learns both, and must pass on what it was notified
// of.
#pragma once

#include "fibers/scheduler.hpp"

#include <boost/intrusive/list.hpp>

namespace weft::fibers {

class wait_queue {
  public:
    struct result {
        wake_reason reason;
        bool notified; // true also when a cancel came after the notification
    };

    // One who waits, in as many queues as it has of these, until the first notification.
    struct waiter : boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::safe_link>> {
        explicit waiter(fiber& f) noexcept : who(f) {}
        fiber& who;
        bool notified = false;
    };

    wait_queue() = default;
    wait_queue(const wait_queue&) = delete;
    wait_queue& operator=(const wait_queue&) = delete;

    bool empty() const noexcept { return waiters_.empty(); }

    // Must not be empty.
    const fiber& longest_waiting() const noexcept { return waiters_.front().who; }

    result wait(scheduler& s, wait_site& site, time_point deadline = never) noexcept {
        waiter self(*s.current());
        add(self);
        const wake_reason reason = s.park(site, deadline);
        remove(self);
        return {reason, self.notified};
    }

    // For who parks itself: in line from now on; out of it, if it still is in it.
    void add(waiter& w) noexcept { waiters_.push_back(w); }
    void remove(waiter& w) noexcept {
        if (w.is_linked()) {
            waiters_.erase(waiters_.iterator_to(w));
        }
    }

    bool notify_one(scheduler& s) noexcept {
        while (!waiters_.empty()) {
            waiter& w = waiters_.front();
            waiters_.pop_front();
            if (s.unpark(w.who)) {
                w.notified = true;
                return true;
            }
        }
        return false;
    }

    void notify_all(scheduler& s) noexcept {
        while (notify_one(s)) {
        }
    }

  private:
    boost::intrusive::list<waiter, boost::intrusive::constant_time_size<false>> waiters_;
};

} // namespace weft::fibers
