// SPDX-License-Identifier: BSL-1.0
//
// The C++ runtime keeps "which exceptions are being handled, how many are in flight" per thread.
// Fibers interleave on one thread, so a switch inside a catch block or inside a destructor that
// runs during unwinding would mix up their lists: `throw;` would rethrow another fiber's exception
// and __cxa_end_catch would free one that is still in use. Every switch therefore carries these 16
// bytes. Boost.Context before 1.88 does not; where a later one does too, saving and restoring the
// same words around its switch is harmless.
#pragma once

#include <cxxabi.h>

namespace weft::fibers {

// The layout of __cxa_eh_globals, fixed by the Itanium C++ ABI (libstdc++ and libc++abi alike).
struct [[gnu::may_alias]] exception_state {
    void* caught = nullptr;
    unsigned int uncaught = 0;

    bool empty() const noexcept { return caught == nullptr && uncaught == 0; }
};

// The calling thread's state. The address never changes during the thread's life, and fibers do not
// leave their thread, so a scheduler looks it up once.
inline exception_state* thread_exception_state() noexcept {
    return reinterpret_cast<exception_state*>(abi::__cxa_get_globals());
}

} // namespace weft::fibers
