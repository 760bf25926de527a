// SPDX-License-Identifier: BSL-1.0
//
// Joining threads from tasks. Nobody is told when a thread ends but who joins it in libc, so a task
// has a thread of its own do that, and parks meanwhile.
#pragma once

#include "interpose/threads/deadlines.hpp"

#include <pthread.h>

namespace weft::interpose {

// The call itself, on a task or not.
int join_thread(pthread_t thread, void** result, const time_limit& limit = {});

} // namespace weft::interpose
