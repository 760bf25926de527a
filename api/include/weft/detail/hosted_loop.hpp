// SPDX-License-Identifier: BSL-1.0
//
// A loop whose tasks run on the fibers of another library, which has the stacks, the switches and
// the ready queue. What <weft/boost_fiber.hpp> is made of; not for use by programs.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>
#include <weft/run.hpp>

#include <cstddef>
#include <memory>

namespace weft::detail {

class task_core; // private to the library

// One of the other library's fibers. Made by the loop, destroyed on its thread.
class WEFT_API hosted_fiber {
  public:
    hosted_fiber(const hosted_fiber&) = delete;
    hosted_fiber& operator=(const hosted_fiber&) = delete;
    virtual ~hosted_fiber() = default;

    // What the other library calls it; to be said before it first waits.
    void set_place(void* place) noexcept { place_ = place; }
    void* place() const noexcept { return place_; }

  protected:
    hosted_fiber() noexcept = default;

  private:
    void* place_ = nullptr;
};

// Memory for the stack of one, a guard below it.
struct hosted_stack {
    std::byte* low = nullptr;
    std::size_t size = 0;
    std::size_t number = 0;
    void* origin = nullptr;
};

// What the other library does for the loop.
class WEFT_API fiber_host {
  public:
    // Begins a fiber on a stack of its own of which the first call is run(*f): behind what is
    // ready, or at once, and then the caller goes on when it first blocks or ends. Throws
    // std::bad_alloc.
    virtual void start(std::unique_ptr<hosted_fiber> f, std::size_t stack_size, bool at_once) = 0;
    virtual void suspend() noexcept = 0;           // the running fiber, until resume()
    virtual void resume(void* place) noexcept = 0; // the fiber that is called so
    virtual void yield() noexcept = 0;             // lets the others that are ready run

  protected:
    ~fiber_host() = default;
};

// Belongs to the thread that made it, and is its running loop while it lives.
class WEFT_API hosted_loop {
  public:
    // Throws invalid_state where a loop runs already, std::invalid_argument for virtual time,
    // std::system_error when the kernel has no descriptors for a loop.
    hosted_loop(const run_options& options, fiber_host& host);
    // All its tasks must have ended, or it aborts, naming them; callbacks that are ready still run.
    ~hosted_loop();
    hosted_loop(const hosted_loop&) = delete;
    hosted_loop& operator=(const hosted_loop&) = delete;

    // The program's own fiber, which may call the loop's functions from now on: it counts as a
    // task.
    std::unique_ptr<hosted_fiber> adopt(void* place);
    // It has ended or is to be forgotten: its context variables are destroyed as in a callback, and
    // it is no task any more. While it waits in a call of the loop's, this aborts, naming that.
    void let_go(hosted_fiber& f) noexcept;
    // Before every switch, or right behind it; null: where the host is idle.
    void switched_to(hosted_fiber* f) noexcept;
    // On a fiber from start().
    void run(hosted_fiber& f) noexcept;

    // Both where the host is idle. Serves callbacks, timers and I/O if it is time to; sleeps for
    // them, no longer than until `until`, and serves them.
    void serve() noexcept;
    void sleep_until(clock::time_point until) noexcept;
    bool serving() const noexcept;
    // Ends such a sleep, or the next one. Any thread.
    void wake() noexcept;
    bool on_own_thread() const noexcept;

    // The host ends, and waits for its fibers: cancels the tasks that are left. To be called again
    // for those that these spawn while they clean up.
    void end_tasks() noexcept;
    // In a callback something has asked the host to switch.
    [[noreturn]] static void abort_over_blocking_callback() noexcept;

    // For f, which start() was given. `size`: of address space, guard included. Throws
    // std::bad_alloc.
    hosted_stack take_stack(hosted_fiber& f, std::size_t size);
    static void give_back(const hosted_stack& stack) noexcept;

  private:
    class inside;
    const std::unique_ptr<inside> inside_;
};

} // namespace weft::detail
