// SPDX-License-Identifier: BSL-1.0
//
// pthread_mutex_t, held by tasks: a task that finds one taken suspends. libc's mutex stays the
// truth about whether it is taken; which task has it, where that makes a difference (recursive and
// error-checking ones), is in task_holds.
#pragma once

#include "interpose/threads/deadlines.hpp"
#include "interpose/threads/libc_threads.hpp"

namespace weft::interpose {

// The calls themselves, on a task or not; `caller`: the return address into the program.
int lock_mutex(libc::mutex& m, const void* caller);
// One that counts by thread, for who may not suspend: a callback, a task in a scope that blocks the
// thread. What another task of the thread holds can never be had so: EDEADLK.
int block_on_counted_mutex(libc::mutex& m, const time_limit& limit);
int try_lock_mutex(libc::mutex& m) noexcept;
int lock_mutex_until(libc::mutex& m, const time_limit& limit, const void* caller);
int unlock_mutex(libc::mutex& m) noexcept;

// Around a wait in libc that releases the mutex on its way.
class released_by_libc {
  public:
    explicit released_by_libc(const libc::mutex& m) noexcept;
    ~released_by_libc();
    released_by_libc(const released_by_libc&) = delete;
    released_by_libc& operator=(const released_by_libc&) = delete;

    static bool any(const void* mutex) noexcept;

  private:
    const void* mutex_;
};

} // namespace weft::interpose
