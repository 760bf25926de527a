// SPDX-License-Identifier: BSL-1.0
#include "reactor/trial_set.hpp"

#include <cerrno>

#include <sys/epoll.h>
#include <sys/stat.h>

namespace weft::reactor {

trial_set::trial_set(struct ev_loop* loop)
    : loop_(loop), set_(require_fd(epoll_create1(EPOLL_CLOEXEC), "weft: no epoll set to be had")) {
    ev_io_init(
        &membership_, [](struct ev_loop*, ev_io*, int) noexcept {}, set_.get(), EV_READ);
    ev_io_start(loop_, &membership_);
}

trial_set::~trial_set() {
    ev_io_stop(loop_, &membership_);
}

watchability trial_set::of(int fd) const noexcept {
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) {
        return watchability::not_open;
    }
    if (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode)) {
        return watchability::watchable;
    }
    epoll_event nothing{};
    if (epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &nothing) == 0) {
        epoll_ctl(set_.get(), EPOLL_CTL_DEL, fd, &nothing);
        return watchability::watchable;
    }
    switch (errno) {
    case EPERM:
        return watchability::always_ready;
    case EBADF:
        return watchability::not_open;
    default:
        return watchability::refused;
    }
}

} // namespace weft::reactor
