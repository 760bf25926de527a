// SPDX-License-Identifier: BSL-1.0
//
// A context is one flow of control with a stack of its own, suspended or running. This is the only
// place that uses Boost.Context, and switch_to() is the only context switch in the project.
//
// Invariants: exactly one context of a thread runs at a time; a context is resumed only on the
// thread that made it; a suspended context is never destroyed (destroying it would unwind its
// stack with a foreign exception that `catch (...)` swallows and noexcept frames turn into
// termination). A context ends by returning from its main function. The thread's exception state is
// empty whenever a context is switched to: one that leaves with exceptions in hand takes them
// along.
#pragma once

#include "fibers/exception_state.hpp"
#include "fibers/sanitizer.hpp"

#include <boost/context/fiber.hpp>

#include <cerrno>
#include <cstddef>
#include <utility>

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
    context() noexcept : suspended_() {}
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
    using boost_fiber = boost::context::fiber;

    [[noreturn, gnu::noinline]] void run_at_end_of_stack(main_function main,
                                                         void* argument) noexcept;
    void jump_to(context& next, bool for_good = false) noexcept;
    [[gnu::noinline]] void switch_with_exceptions(context& next,
                                                  const thread_cells& cells) noexcept;

    // Empty while it runs. In a union, because Boost's destructor would unwind what is suspended.
    union {
        boost_fiber suspended_;
    };
    sanitizer::shadow shadow_;
};

[[gnu::always_inline]] inline void context::jump_to(context& next, bool for_good) noexcept {
    shadow_.announce(next.shadow_, for_good);
    // The context switch. The lambda runs on next's stack and keeps what was left here.
    std::move(next.suspended_).resume_with([this](boost_fiber&& left) noexcept {
        ::new (&suspended_) boost_fiber(std::move(left));
        return boost_fiber{};
    });
    shadow_.arrived();
}

[[gnu::always_inline]] inline void context::switch_to(context& next,
                                                      const thread_cells& cells) noexcept {
    if (!cells.exceptions->empty()) [[unlikely]] {
        switch_with_exceptions(next, cells);
        return;
    }
    const int error_number = *cells.error_number;
    jump_to(next);
    *cells.error_number = error_number;
}

} // namespace weft::fibers
