// SPDX-License-Identifier: BSL-1.0
//
// A scheduler on the fibers of another library. Such a host has stacks, switches and a ready queue
// of its own, and cannot know of ours; so each fiber of the scheduler is one of the host's, and
// each one of the host's that calls us has a fiber here that stands for it. What blocks the one
// blocks the other: waiting, waking, cancels, timers, letters and callbacks stay the scheduler's,
// and only park(), unpark(), yield() and spawn() ask the host where they would switch.
//
// Invariants: with a host, the scheduler's ready queue holds callbacks only, and serve() is called
// where the host is idle; the scheduler learns of every switch of the host's before what comes next
// runs, and then changes the running fiber, the thread's exception state and errno with it.
#pragma once

#include "fibers/context.hpp"
#include "fibers/exception_state.hpp"

#include <cstddef>

namespace weft::fibers {

class fiber;

// Where a stack ends, as far as that is known.
struct guarded_stack {
    const std::byte* guard = nullptr;
    std::size_t guard_size = 0;
    std::size_t size = 0; // of address space, guard included
};

// One of the host's fibers, as the scheduler sees it.
struct seat {
    fiber* occupant = nullptr; // null: what runs there cannot block
    exception_state exceptions = {};
    int error_number = 0;
    context flow; // while its fiber is on a side stack
    guarded_stack stack = {};
};

class host {
  public:
    // Begins a fiber which calls run_hosted(f) on f's seat: behind what is ready, or at once, and
    // then the caller goes on when it first blocks or ends. stack_size 0: the default. False, with
    // errno, when no stack or memory is to be had; f is then untouched.
    [[nodiscard]] virtual bool start(fiber& f, std::size_t stack_size, bool at_once) noexcept = 0;

    // Stops the running fiber until resume(). May return for no reason.
    virtual void suspend() noexcept = 0;

    // Makes one ready that is in suspend().
    virtual void resume(seat& s) noexcept = 0;

    // Lets everything that is ready run once.
    virtual void yield() noexcept = 0;

  protected:
    ~host() = default;
};

} // namespace weft::fibers
