// SPDX-License-Identifier: BSL-1.0
//
// pthread_cond_t, waited for by tasks. A task waits by parking at the condition's address, where it
// is registered before the mutex is released, so that it misses no signal; a thread waits in libc.
// Who signals wakes one of each kind: a wake-up for no reason is something every waiter expects, a
// lost one is not. Who has been woken touches the condition no more, so it may be destroyed then.
#pragma once

#include "interpose/threads/deadlines.hpp"
#include "interpose/threads/libc_threads.hpp"

namespace weft::interpose {

// The calls themselves, on a task or not; `caller`: the return address into the program.
int wait_for_signal(libc::cond& c, libc::mutex& m, const void* caller);
// By the condition's own clock, or by a given one.
int wait_for_signal_until(libc::cond& c, libc::mutex& m, const timespec* at, const void* caller);
int wait_for_signal_until(libc::cond& c, libc::mutex& m, const time_limit& limit,
                          const void* caller);
int signal_one(libc::cond& c) noexcept;
int signal_all(libc::cond& c) noexcept;

} // namespace weft::interpose
