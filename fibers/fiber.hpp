// SPDX-License-Identifier: BSL-1.0
//
// The kernel's control block of one fiber: what the scheduler must know of it and nothing else. It
// is small because a fiber that has not started is only this plus its callable; its stack comes
// with its first step.
//
//   state       leaves it by                          where it is then
//   unstarted   first step                            a ready queue, without a worker
//   ready       its turn comes                        a ready queue
//   running     yield, park, end                      the processor
//   parked      unpark (once; a later one is refused) wherever its waiter is linked
//   ended       never                                 nowhere
//
// Invariant: a fiber is in a ready queue exactly when its state is unstarted (after spawn) or
// ready.
#pragma once

#include "fibers/runnable.hpp"

#include <cstddef>
#include <cstdint>

namespace weft::fibers {

class fiber;
class worker;
class worker_pool;
struct seat;

enum class fiber_state : std::uint8_t { unstarted, ready, running, parked, ended };

// Why park() returned. A cancel beats the other two, even when it came after them.
enum class wake_reason : std::uint8_t { notified, timed_out, cancelled };

// What a parked fiber waits for, told in a dump; it lives on the waiting stack. `on_cancel` is set
// by a wait that hands a cancel on instead of leaving (joining a task): it returns the fiber that
// is to be cancelled instead, or null when it has dealt with the cancel, and the waiter stays
// parked.
//
// `awaited`, only beside `on_cancel`: the fiber whose end, and nothing else, ends this wait. If it
// has not started when its turn comes next, it runs right here, on top of the waiting stack.
struct wait_site {
    const char* operation;
    const void* object = nullptr;
    fiber* (*on_cancel)(wait_site&) noexcept = nullptr;
    fiber* awaited = nullptr;
    // Writes what the fiber waits for into [out, out + size), returns the length; null: the
    // operation says it all.
    std::size_t (*describe)(const wait_site& site, char* out, std::size_t size) noexcept = nullptr;
};

class fiber : public runnable {
  public:
    // The body: runs on the fiber's stack, at most once. When `can_run` is false there was no stack
    // to be had: the function is called on the loop's own stack and only ends what the fiber
    // promised. It may destroy the fiber as its last act.
    using body_function = void (*)(fiber&, bool can_run) noexcept;

    explicit fiber(body_function body) noexcept : runnable(kind::fiber), body_(body) {}

    fiber_state state() const noexcept { return state_; }
    const wait_site* waiting_at() const noexcept { return site_; }
    // Ready because its deadline came.
    bool woken_by_deadline() const noexcept {
        return state_ == fiber_state::ready && site_ != nullptr &&
               reason_ == wake_reason::timed_out;
    }
    // What ended its last park() by itself, also where that returned `cancelled` for a cancel that
    // had been handed on.
    wake_reason woken_by() const noexcept { return reason_; }
    // Parked, with the fiber it waits for on top of its stack: only that one's end can make it
    // ready.
    bool lends_its_stack() const noexcept { return lends_its_stack_; }
    // Parked in a wait that a cancel does not end but goes on from.
    bool hands_cancels_on() const noexcept {
        return state_ == fiber_state::parked && cancel_wakes_ && site_->on_cancel != nullptr;
    }
    bool cancel_pending() const noexcept { return cancel_pending_; }
    void withdraw_cancel() noexcept { cancel_pending_ = false; }
    // Takes the pending cancel; true when there was one.
    bool take_cancel() noexcept {
        const bool pending = cancel_pending_;
        cancel_pending_ = false;
        return pending;
    }
    void block_cancels() noexcept { ++cancel_blockers_; }
    void unblock_cancels() noexcept { --cancel_blockers_; }

  protected:
    ~fiber() = default;

    // To be called by the body when everything the fiber promised is done.
    void mark_ended() noexcept { state_ = fiber_state::ended; }

  private:
    friend class scheduler;
    friend class worker;

    // Small members first: they fit behind the base's last one.
    fiber_state state_ = fiber_state::unstarted;
    wake_reason reason_ = wake_reason::notified;
    bool cancel_pending_ = false;
    bool cancel_wakes_ = false; // while parked: a cancel may be delivered here
    bool lends_its_stack_ = false;
    std::uint16_t cancel_blockers_ = 0;
    body_function body_;
    worker* worker_ = nullptr; // the stack it runs on; null before the first step, and on a host's
    union {
        worker_pool* pool_ = nullptr; // where that stack comes from
        seat* seat_;                  // its place among a host's fibers (host.hpp)
    };
    wait_site* site_ = nullptr; // while parked
};

} // namespace weft::fibers
