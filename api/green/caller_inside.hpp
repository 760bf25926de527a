// SPDX-License-Identifier: BSL-1.0
//
// What every lock and unlock asks first, inline: who calls, and whether the process has another
// thread at all. Without one, the words of the locks need no locked instructions.
#pragma once

#include "api/loop_core.hpp"

#include <weft/detail/caller.hpp>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace weft::detail {

inline std::uint64_t number_of_caller() noexcept {
    const loop_core* loop = loop_core::running();
    const task_core* t = loop != nullptr ? loop->current_task() : nullptr;
    if (t != nullptr) [[likely]] {
        return t->id();
    }
    return reinterpret_cast<std::uintptr_t>(this_thread()) | std::uint64_t{1} << 63;
}

inline bool is_only_thread() noexcept {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

} // namespace weft::detail
