// SPDX-License-Identifier: BSL-1.0
//
// Using up a stack on purpose, by recursion in small frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace weft::test {

// Where the stack of the caller is at the moment.
[[gnu::noinline]] inline std::uintptr_t stack_position() noexcept {
    auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    asm volatile("" : "+r"(here)); // another one at each call, whatever the compiler thinks
    return here;
}

// Calls f() at least `bytes` further down the stack, having written to every page on the way.
[[gnu::noinline]] inline void at_depth(std::size_t bytes, const std::function<void()>& f,
                                       std::uintptr_t from = stack_position()) {
    volatile char frame[256];
    frame[0] = static_cast<char>(bytes);
    if (from - stack_position() < bytes) {
        at_depth(bytes, f, from);
    } else {
        f();
    }
    frame[1] = frame[0]; // still in use: this is no tail call
}

inline void use_stack(std::size_t bytes) {
    at_depth(bytes, [] {});
}

// Never comes back on a stack of finite size.
inline void use_up_stack() {
    static const volatile std::size_t everything = SIZE_MAX;
    use_stack(everything);
}

} // namespace weft::test
