// SPDX-License-Identifier: BSL-1.0
#include "fibers/context.hpp"

#include <boost/context/fiber.hpp>

#include <new>
#include <utility>

namespace weft::fibers {

namespace {

using boost_fiber = boost::context::fiber;

// The stack belongs to the pool, not to Boost's record on it.
struct borrowed_stack {
    void deallocate(boost::context::stack_context&) noexcept {}
};

boost_fiber& handle(std::byte (&bytes)[sizeof(void*)]) noexcept {
    return *std::launder(reinterpret_cast<boost_fiber*>(&bytes));
}

} // namespace

static_assert(sizeof(boost_fiber) == sizeof(void*));

context::~context() {
    shadow_.destroy();
}

void context::create(void* low, std::size_t size, void* top, main_function main,
                     void* argument) noexcept {
    shadow_.create(low, size);
    boost::context::stack_context whole;
    whole.sp = static_cast<std::byte*>(low) + size;
    whole.size = size;
    const auto usable =
        static_cast<std::size_t>(static_cast<std::byte*>(top) - static_cast<std::byte*>(low));
    shadow_.begin_creation();
    ::new (&suspended_) boost_fiber(
        std::allocator_arg, boost::context::preallocated(top, usable, whole), borrowed_stack{},
        [this, main, argument](boost_fiber&&) noexcept -> boost_fiber {
            context& next = run_at_end_of_stack(main, argument);
            return std::move(handle(next.suspended_));
        });
    shadow_.end_creation();
}

context& context::run_at_end_of_stack(main_function main, void* argument) noexcept {
    // Nobody called this frame: unwinders, gdb and profilers stop here.
#if defined(__x86_64__)
    asm volatile(".cfi_undefined rip");
#elif defined(__aarch64__)
    asm volatile(".cfi_undefined x30");
#endif
    shadow_.arrived();
    context& next = main(argument);
    shadow_.announce(next.shadow_, true);
    return next;
}

void context::switch_to(context& next, const thread_cells& cells) noexcept {
    // Word by word: a 16-byte load right after the two stores below would stall on them.
    void* const caught = cells.exceptions->caught;
    const unsigned int uncaught = cells.exceptions->uncaught;
    const int error_number = *cells.error_number;
    shadow_.announce(next.shadow_);
    // The context switch. The lambda runs on next's stack and keeps what was left here.
    std::move(handle(next.suspended_)).resume_with([this](boost_fiber&& left) noexcept {
        ::new (&suspended_) boost_fiber(std::move(left));
        return boost_fiber{};
    });
    shadow_.arrived();
    cells.exceptions->caught = caught;
    cells.exceptions->uncaught = uncaught;
    *cells.error_number = error_number;
}

} // namespace weft::fibers
