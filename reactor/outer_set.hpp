// SPDX-License-Identifier: BSL-1.0
//
// One descriptor that is readable when libev's loop has something to tell, for whoever sleeps on
// its behalf. It is an epoll set around libev's own: that one libev replaces now and then (after a
// fork, and when a descriptor was closed behind its back), this one stays.
#pragma once

#include "reactor/unique_fd.hpp"

#include <ev.h>

namespace weft::reactor {

class outer_set {
  public:
    // Throws std::system_error when there is no descriptor for it.
    explicit outer_set(struct ev_loop* inner);
    ~outer_set();
    outer_set(const outer_set&) = delete;
    outer_set& operator=(const outer_set&) = delete;

    int descriptor() const noexcept { return set_.get(); }
    // To be called before every sleep: watches libev's new set if it has one.
    void refresh() noexcept;

  private:
    static void on_rebuild(struct ev_loop*, ev_fork* w, int) noexcept;
    void watch_inner() noexcept;

    struct ev_loop* inner_;
    unique_fd set_;
    ev_fork rebuild_watcher_{};
    bool rebuilt_ = false;
};

} // namespace weft::reactor
