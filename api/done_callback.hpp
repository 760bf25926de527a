// SPDX-License-Identifier: BSL-1.0
//
// A function to be called when a task or future is done: first it waits for the outcome, then for
// its turn in the ready queue, because callbacks never run inline. Deletes itself after its call.
//
// Invariant: while it is in the ready queue it keeps the completion alive, and the loop from
// ending.
#pragma once

#include "api/completion.hpp"
#include "api/context_values.hpp"
#include "fibers/runnable.hpp"

#include <weft/task.hpp>

#include <memory>

namespace weft::detail {

class done_callback : public observer, public fibers::callback {
  public:
    virtual ~done_callback() = default;

    // Behind the callbacks that `c` has; soon, if it is done. On the thread of a running loop.
    static callback_id add(completion& c, std::unique_ptr<done_callback> callback);
    // False when there is no such callback any more.
    static bool remove(completion& c, callback_id id) noexcept;

  protected:
    done_callback() noexcept;

  private:
    virtual void call(completion& c) = 0; // on the loop's own stack

    static void ended(observer& o, completion& c) noexcept;
    static void run(fibers::callback& c) noexcept;
    void queue(completion& c) noexcept;

    completion* done_ = nullptr; // once queued: a reference
    context_pointer context_;    // as it was when this was added
};

} // namespace weft::detail
