// SPDX-License-Identifier: BSL-1.0
//
// Signals that end a task's wait, as they end a thread's: for the one task of a loop that has asked
// for it, which is a program's main under weft-run.
//
// A handler runs wherever the thread is, mostly in the loop's sleep. It only notes that it ran and
// posts a letter; the letter, on the loop's stack, ends the wait.
#pragma once

#include "fibers/inbox.hpp"
#include "fibers/scheduler.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <memory>

namespace weft::detail {

class interruption : private fibers::letter {
  public:
    explicit interruption(fibers::scheduler& s) noexcept;

    void interrupt(fibers::fiber& task) noexcept { task_ = &task; }

    // In a signal handler, on the loop's thread.
    void handler_ran(bool restarts) noexcept;

    // Around a wait of the running fiber. `restartable`: a handler with SA_RESTART lets it go on.
    // end() says whether a handler has ended it.
    void begin(const fibers::fiber& self, bool restartable) noexcept;
    bool end(const fibers::fiber& self) noexcept;

    // While a task waits with a mask: signals that were blocked and that the mask lets through are
    // unblocked on this thread, until the last such wait ends.
    // Returns them, for hold_back().
    sigset_t let_through(const sigset_t& mask) noexcept;
    void hold_back(const sigset_t& through) noexcept;

  private:
    static constexpr int signals = 64;
    static void arrive(fibers::letter& l) noexcept;

    fibers::scheduler& scheduler_;
    const std::shared_ptr<fibers::inbox> letters_;
    fibers::fiber* task_ = nullptr; // null: nobody is interrupted
    bool waiting_ = false;
    bool restartable_ = false;
    bool interrupted_ = false;
    std::array<std::uint16_t, signals + 1> waits_letting_through_{};
    std::atomic<bool> posted_ = false;
    std::atomic<bool> ran_ = false;          // a handler, since the last letter
    std::atomic<bool> ran_for_good_ = false; // one without SA_RESTART
};

} // namespace weft::detail
