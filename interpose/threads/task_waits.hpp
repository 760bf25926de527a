// SPDX-License-Identifier: BSL-1.0
//
// Whether a call of pthread's suspends its caller instead of blocking the thread. A program's main
// under weft-run blocks, signals and all as without weft: nobody else is on its loop.
#pragma once

#include "interpose/interruption.hpp"
#include "interpose/threads/own_calls.hpp"

#include <weft/detail/suspension.hpp>
#include <weft/thread_calls.hpp>

namespace weft::interpose {

inline bool is_task() noexcept {
    return detail::may_suspend() && !runs_main() && detail::thread_calls_suspend();
}

} // namespace weft::interpose
