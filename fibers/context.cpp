// SPDX-License-Identifier: BSL-1.0
#include "fibers/context.hpp"

#include <new>

namespace weft::fibers {

namespace {

// The stack belongs to the pool, not to Boost's record on it.
struct borrowed_stack {
    void deallocate(boost::context::stack_context&) noexcept {}
};

} // namespace

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
            run_at_end_of_stack(main, argument);
        });
    shadow_.end_creation();
}

void context::run_at_end_of_stack(main_function main, void* argument) noexcept {
    // Nobody called this frame: unwinders, gdb and profilers stop here.
#if defined(__x86_64__)
    asm volatile(".cfi_undefined rip");
#elif defined(__aarch64__)
    asm volatile(".cfi_undefined x30");
#endif
    shadow_.arrived();
    // The end is a switch that nobody answers, not a return through Boost's frames: this frame
    // stays what unwinders find, and the tools see nothing return that belongs to no context any
    // more.
    jump_to(main(argument), true);
    __builtin_unreachable();
}

void context::switch_with_exceptions(context& next, const thread_cells& cells) noexcept {
    const exception_state in_hand = std::exchange(*cells.exceptions, exception_state{});
    const int error_number = *cells.error_number;
    jump_to(next);
    *cells.exceptions = in_hand;
    *cells.error_number = error_number;
}

} // namespace weft::fibers
