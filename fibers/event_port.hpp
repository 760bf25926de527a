// SPDX-License-Identifier: BSL-1.0
//
// The seam between the scheduler and whatever it sleeps in. The scheduler calls down through these
// functions when it has nothing to run; what happens in them calls the scheduler's unpark() and
// post nothing else. Waking is frequent and direct, sleeping is rare: so the rare call is virtual.
#pragma once

#include "fibers/time.hpp"

namespace weft::fibers {

class event_port {
  public:
    virtual ~event_port() = default;

    // The time by which deadlines are judged. Never goes back.
    virtual time_point now() const noexcept = 0;

    // Sleeps until something may have become ready, `deadline` has come or wake() was called. May
    // return for no reason, so long as calling it in a loop sleeps in the end. Makes fibers ready;
    // never switches.
    virtual void wait(time_point deadline) noexcept = 0;

    // The same, but the limit is a point of the real clock, and now() stands still meanwhile where
    // it is not that clock. Asked for when another thread has said that it may post.
    virtual void wait_outside(time_point limit) noexcept { wait(limit); }

    // Makes ready what can be without sleeping. True when it did, or was woken.
    virtual bool poll() noexcept = 0;

    // Ends a wait() that is going on, or the next one. The only call allowed on other threads and
    // in signal handlers; must not be called any more once the port is being destroyed.
    virtual void wake() noexcept = 0;

    // Whether something outside could still make a fiber ready: without that, without a timer and
    // without anybody who may post, a wait would never end.
    virtual bool watching() const noexcept = 0;
};

} // namespace weft::fibers
