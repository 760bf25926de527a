// SPDX-License-Identifier: BSL-1.0
//
// A second stack that a fiber may step onto and off again: what a generator's body runs on. The
// fiber stays the same one, and so what runs there may block and be cancelled like any other code
// of the fiber; entering and leaving are a context switch each, and the scheduler does not hear of
// them.
//
// Invariants: at most one fiber is on a side stack at a time, and leaves it only by its own leave()
// or by the body's end; another one may enter next time. A side stack is not destroyed between
// begin() and the body's end.
#pragma once

namespace weft::fibers {

class fiber;
class worker;

class side_stack {
  public:
    using body_function = void (*)(void* argument) noexcept;

    side_stack() = default;
    side_stack(const side_stack&) = delete;
    side_stack& operator=(const side_stack&) = delete;

    // The body has begun and not ended.
    bool live() const noexcept { return own_ != nullptr; }
    // A fiber is on it.
    bool entered() const noexcept { return user_ != nullptr; }

  private:
    friend class scheduler;

    worker* own_ = nullptr;
    worker* outer_ = nullptr; // the stack that it was entered from; null: a host's
    fiber* user_ = nullptr;   // who is on it
    body_function body_ = nullptr;
    void* argument_ = nullptr;
};

} // namespace weft::fibers
