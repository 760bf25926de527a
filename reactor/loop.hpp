// SPDX-License-Identifier: BSL-1.0
//
// The scheduler's event port over one libev loop: the thread sleeps in ev_run, and what happens
// there makes fibers ready. libev's callbacks only unpark; nothing of ours ever switches inside
// ev_run.
//
// Time: libev's timers are rounded to milliseconds and relative to the start of an iteration, so it
// is given none. The next deadline is an absolute timerfd, armed only when a sleep must end earlier
// than what is armed already: a server whose timeouts lie in the future makes no timer system call
// at all.
#pragma once

#include "fibers/event_port.hpp"
#include "fibers/scheduler.hpp"
#include "reactor/outer_set.hpp"
#include "reactor/readiness.hpp"
#include "reactor/signals.hpp"
#include "reactor/unique_fd.hpp"

#include <ev.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft::reactor {

class loop final : public fibers::event_port {
  public:
    // Throws std::system_error when the kernel gives no epoll, timer or wake-up descriptor, or does
    // not watch them.
    loop();
    ~loop() override;

    fibers::time_point now() const noexcept override { return fibers::clock::now(); }
    void wait(fibers::time_point deadline) noexcept override;
    bool poll() noexcept override;
    void wake() noexcept override;
    bool watching() const noexcept override {
        return descriptors_.waiting() > 0 || signal_waits_ > 0 || signals_.pending();
    }

    // Must be called once, before anything waits: whom to wake.
    void attach(fibers::scheduler& s) noexcept { descriptors_.attach(s); }

    readiness& descriptors() noexcept { return descriptors_; }
    const readiness& descriptors() const noexcept { return descriptors_; }

    // Calls `arrived` with the bits of those that have come; it only makes things ready.
    signals& signals_of_process() noexcept { return signals_; }
    void on_signals(void* context, void (*arrived)(void*, std::uint64_t) noexcept) noexcept {
        signal_context_ = context;
        signals_arrived_ = arrived;
    }
    // Around every wait that a signal can end: the loop is not at a loss then.
    void begin_signal_wait() noexcept { ++signal_waits_; }
    void end_signal_wait() noexcept { --signal_waits_; }

    // For a foreign loop that sleeps in place of wait(): readable when poll() has something to do.
    // Throws std::system_error when there is no descriptor for it.
    int outer_descriptor();
    // Before such a sleep, after a poll(): the outer descriptor will be readable from `deadline`
    // on.
    void prepare_outer_sleep(fibers::time_point deadline) noexcept;
    bool is_watched_from_outside() const noexcept { return outer_ != nullptr; }

  private:
    struct loop_deleter {
        void operator()(struct ev_loop* l) const noexcept { ev_loop_destroy(l); }
    };
    static void on_wake(struct ev_loop*, ev_io* watcher, int) noexcept;
    static void on_deadline(struct ev_loop*, ev_io* watcher, int) noexcept;
    static void before_sleep(struct ev_loop* l) noexcept;
    void arm(fibers::time_point deadline) noexcept;
    void run(int flags) noexcept;

    std::unique_ptr<struct ev_loop, loop_deleter> loop_;
    unique_fd timer_fd_;
    unique_fd wake_fd_;
    signals signals_;
    std::size_t signal_waits_ = 0;
    void* signal_context_ = nullptr;
    void (*signals_arrived_)(void*, std::uint64_t) noexcept = nullptr;
    ev_io deadline_watcher_{};
    ev_io wake_watcher_{};
    fibers::time_point armed_for_ = fibers::never; // when timer_fd_ will be readable
    bool woken_ = false;                           // by wake(), since run() began
    readiness descriptors_;
    std::unique_ptr<outer_set> outer_; // null until somebody asked for it
};

} // namespace weft::reactor
