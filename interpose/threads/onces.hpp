// SPDX-License-Identifier: BSL-1.0
//
// pthread_once() on a task, by libc's own protocol in the control word, so that tasks and threads
// may come to the same one: a routine that suspends lets the other tasks run, and those that come
// to the same control meanwhile park.
#pragma once

#include <pthread.h>

namespace weft::interpose {

// The call itself, on a task or not; `caller`: the return address into the program.
int run_once(pthread_once_t& control, void (*routine)(), const void* caller);

} // namespace weft::interpose
