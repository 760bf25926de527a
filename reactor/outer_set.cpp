// SPDX-License-Identifier: BSL-1.0
#include "reactor/outer_set.hpp"

#include <utility>

#include <sys/epoll.h>

namespace weft::reactor {

namespace {

// libev does not tell its epoll descriptor, but a watcher that embeds one loop in another shows it.
int epoll_descriptor_of(struct ev_loop* inner) noexcept {
    constexpr unsigned int flags = static_cast<unsigned int>(EVBACKEND_POLL) | EVFLAG_NOENV;
    struct ev_loop* host = ev_loop_new(flags);
    if (host == nullptr) {
        return -1;
    }
    ev_embed probe;
    ev_embed_init(&probe, nullptr, inner);
    ev_embed_start(host, &probe);
    const int fd = probe.io.fd;
    ev_embed_stop(host, &probe);
    ev_loop_destroy(host);
    return fd;
}

} // namespace

outer_set::outer_set(struct ev_loop* inner)
    : inner_(inner),
      set_(require_fd(epoll_create1(EPOLL_CLOEXEC), "weft: no epoll set to be had")) {
    ev_fork_init(&rebuild_watcher_, &outer_set::on_rebuild);
    rebuild_watcher_.data = this;
    ev_fork_start(inner_, &rebuild_watcher_);
    watch_inner();
}

outer_set::~outer_set() {
    ev_fork_stop(inner_, &rebuild_watcher_);
}

void outer_set::watch_inner() noexcept {
    epoll_event readable{};
    readable.events = EPOLLIN;
    epoll_ctl(set_.get(), EPOLL_CTL_ADD, epoll_descriptor_of(inner_), &readable);
}

void outer_set::refresh() noexcept {
    if (std::exchange(rebuilt_, false)) {
        watch_inner(); // the old one is closed, and so out of the set
    }
}

void outer_set::on_rebuild(struct ev_loop*, ev_fork* w, int) noexcept {
    static_cast<outer_set*>(w->data)->rebuilt_ = true;
}

} // namespace weft::reactor
