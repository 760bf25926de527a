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

#include <atomic>
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

  private:
    static void arrive(fibers::letter& l) noexcept;

    fibers::scheduler& scheduler_;
    const std::shared_ptr<fibers::inbox> letters_;
    fibers::fiber* task_ = nullptr; // null: nobody is interrupted
    bool waiting_ = false;
    bool restartable_ = false;
    bool interrupted_ = false;
    std::atomic<bool> posted_ = false;
    std::atomic<bool> ran_ = false;          // a handler, since the last letter
    std::atomic<bool> ran_for_good_ = false; // one without SA_RESTART
};

} // namespace weft::detail
