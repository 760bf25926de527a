// SPDX-License-Identifier: BSL-1.0
//
// An address that stands for the running thread, for telling in one compare whether an object is
// used on its own; the same for every compiler on one architecture. Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>

namespace weft::detail {

// Where the compiler does not know the thread pointer.
WEFT_API const void* thread_mark() noexcept;

inline const void* this_thread() noexcept {
#if defined(__x86_64__) || defined(__aarch64__)
    return __builtin_thread_pointer();
#else
    return thread_mark();
#endif
}

} // namespace weft::detail
