// SPDX-License-Identifier: BSL-1.0
//
// The switch for what libweft-interpose.so does with the calls by which threads wait for each
// other.
#pragma once

#include <weft/detail/export.hpp>

namespace weft::posix {

// Whether, in a program with libweft-interpose.so, a task that has to wait in pthread's locks,
// condition variables, barriers, pthread_once() and pthread_join(), in a semaphore or in a futex
// suspends (the default) or blocks its thread, as without that library. For the whole process, from
// the next call on; waits that have begun go on as they began. The environment variable
// WEFT_NO_PTHREAD=1 turns it off from the start. For one stretch of code: no_suspend. Any thread;
// does not block, throws nothing.
WEFT_API void suspend_in_thread_calls(bool on) noexcept;

} // namespace weft::posix

namespace weft::detail {

WEFT_API bool thread_calls_suspend() noexcept;

} // namespace weft::detail
