// SPDX-License-Identifier: BSL-1.0
//
// Whether the kernel would watch a descriptor, asked before libev asks.
//
// libev's build aborts the process when epoll_ctl says that a descriptor is not open, is libev's
// own epoll set, or is an epoll set that contains it; and it spins on what epoll refuses because it
// is always ready (a regular file, /dev/null). So the kernel is asked first, in an epoll set of our
// own, which is empty and lies inside libev's: what may be added here may be added there.
#pragma once

#include "reactor/unique_fd.hpp"

#include <ev.h>

#include <cstdint>

namespace weft::reactor {

enum class watchability : std::uint8_t {
    watchable,
    always_ready, // it never blocks, so there is nothing to watch
    not_open,
    refused, // for its kind or for lack of memory
};

class trial_set {
  public:
    // Throws std::system_error when there is no descriptor for it. Circles are seen once the loop
    // has run for the first time.
    explicit trial_set(struct ev_loop* loop);
    ~trial_set();
    trial_set(const trial_set&) = delete;
    trial_set& operator=(const trial_set&) = delete;

    // Sockets and pipes, which can always be watched, cost one fstat().
    watchability of(int fd) const noexcept;

  private:
    struct ev_loop* loop_;
    unique_fd set_;
    ev_io membership_{};
};

} // namespace weft::reactor
