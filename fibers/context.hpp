// SPDX-License-Identifier: BSL-1.0
//
// A context is one flow of control with a stack of its own, suspended or running. This is the only
// place that uses Boost.Context, and switch_to() is the only context switch in the project.
//
// Invariants: exactly one context of a thread runs at a time; a context is resumed only on the
// thread that made it; a suspended context is never destroyed (destroying it would unwind its
// stack with a foreign exception that `catch (...)` swallows and noexcept frames turn into
// termination). A context ends by returning from its main function.
#pragma once

#include "fibers/exception_state.hpp"
#include "fibers/sanitizer.hpp"

#include <cerrno>
#include <cstddef>

namespace weft::fibers {

// The per-thread cells that every switch must carry, looked up once: fibers are pinned.
struct thread_cells {
    exception_state* exceptions = thread_exception_state();
    int* error_number = &errno;
};

class context {
  public:
    // Runs on the new stack; returns the context that goes on when this one has ended.
    using main_function = context& (*)(void* argument) noexcept;

    // The context that is running now: the thread's own stack.
    context() noexcept = default;
    ~context();
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    // Prepares this context to run main(argument) on [low, low + size), guard excluded, starting at
    // `top` (at most low + size). Nothing of main runs before the first switch_to().
    void create(void* low, std::size_t size, void* top, main_function main,
                void* argument) noexcept;

    // Suspends this context, which must be the running one, and resumes `next`. Returns when
    // somebody switches back. errno and the exception state are this context's own on return.
    void switch_to(context& next, const thread_cells& cells) noexcept;

  private:
    [[gnu::noinline]] context& run_at_end_of_stack(main_function main, void* argument) noexcept;

    // boost::context::fiber is one pointer; held as bytes so that Boost stays out of this header.
    alignas(void*) std::byte suspended_[sizeof(void*)] = {};
    sanitizer::shadow shadow_;
};

} // namespace weft::fibers
