// SPDX-License-Identifier: BSL-1.0
//
// The only place where O_NONBLOCK is changed: for one system call that knows no other way not to
// block, on a description that nobody outside this process has. No two threads do it at once, so
// none puts back what another has set; no task is suspended in it.
#pragma once

#include "api/posix/raw_calls.hpp"

#include <atomic>
#include <cerrno>

#include <fcntl.h>

namespace weft::detail {

// Held for a few system calls. No mutex: the names of those may have been made to suspend tasks.
class unblocking_window {
  public:
    unblocking_window() noexcept {
        while (taken.test_and_set(std::memory_order_acquire)) {
            ::syscall(SYS_sched_yield);
        }
    }
    ~unblocking_window() { taken.clear(std::memory_order_release); }
    unblocking_window(const unblocking_window&) = delete;
    unblocking_window& operator=(const unblocking_window&) = delete;

  private:
    static inline constinit std::atomic_flag taken;
};

template <class Call>
auto call_unblocked(int fd, Call&& call) noexcept {
    const unblocking_window window;
    const int flags = raw::fcntl(fd, F_GETFL);
    const bool changes = flags >= 0 && (flags & O_NONBLOCK) == 0;
    if (changes) {
        raw::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    }
    const auto result = call();
    if (changes) {
        const int error_number = errno;
        raw::fcntl(fd, F_SETFL, flags);
        errno = error_number;
    }
    return result;
}

} // namespace weft::detail
