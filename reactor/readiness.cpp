// SPDX-License-Identifier: BSL-1.0
#include "reactor/readiness.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::reactor {

namespace {

bool is_open(int fd) noexcept {
    return ::fcntl(fd, F_GETFD) >= 0;
}

} // namespace

readiness::side::side(int fd, int events, readiness& o) noexcept : owner(o) {
    ev_io_init(&watcher, &readiness::on_event, fd, events);
    watcher.data = this;
}

readiness::entry::entry(int fd, readiness& owner) noexcept
    : read(fd, EV_READ, owner), write(fd, EV_WRITE, owner) {}

readiness::~readiness() {
    for (const auto& e : entries_) {
        if (e) {
            stop(e->read);
            stop(e->write);
        }
    }
}

readiness::entry* readiness::find(int fd) noexcept {
    const auto index = static_cast<std::size_t>(fd);
    return fd >= 0 && index < entries_.size() ? entries_[index].get() : nullptr;
}

readiness::entry& readiness::find_or_make(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= entries_.size()) {
        entries_.resize(std::max(index + 1, entries_.size() * 2));
    }
    if (!entries_[index]) {
        entries_[index] = std::make_unique<entry>(fd, *this);
    }
    return *entries_[index];
}

void readiness::start(int fd, side& s) {
    started_.push_back(fd);
    // Setting the events again makes libev tell the kernel even if it believes the kernel knows:
    // the number may stand for another file than last time.
    ev_io_set(&s.watcher, fd, s.watcher.events);
    s.unwatchable = false;
    ev_io_start(loop_, &s.watcher);
}

void readiness::stop(side& s) noexcept {
    ev_io_stop(loop_, &s.watcher);
}

wait_result readiness::wait(int fd, direction d, fibers::wait_site& site,
                            fibers::time_point deadline) {
    entry* e = find(fd);
    if (e == nullptr || !ev_is_active(&e->of(d).watcher)) {
        struct stat status {};
        if (fd < 0 || ::fstat(fd, &status) != 0) {
            return wait_result::bad_descriptor;
        }
        if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
            return wait_result::ready;
        }
        e = &find_or_make(fd);
        start(fd, e->of(d));
    }
    const std::uint32_t generation = e->generation;
    ++waiting_;
    const auto result = e->of(d).waiters.wait(*scheduler_, site, deadline);
    --waiting_;
    if (result.reason == fibers::wake_reason::cancelled) {
        return wait_result::cancelled;
    }
    if (e->generation != generation) {
        return wait_result::closed;
    }
    if (result.reason == fibers::wake_reason::timed_out) {
        return wait_result::timed_out;
    }
    return e->of(d).unwatchable ? wait_result::unwatchable : wait_result::ready;
}

void readiness::on_event(struct ev_loop*, ev_io* w, int events) noexcept {
    auto& s = *static_cast<side*>(w->data);
    s.unwatchable = (events & EV_ERROR) != 0; // libev has stopped the watcher then
    if (s.waiters.empty()) {
        s.owner.stop(s); // nobody wants to know: stay quiet until somebody waits again
    } else {
        s.waiters.notify_all(*s.owner.scheduler_);
        s.owner.progress_ = true;
    }
}

void readiness::forget(int fd) noexcept {
    entry* e = find(fd);
    if (e == nullptr) {
        return;
    }
    ++e->generation;
    for (side* s : {&e->read, &e->write}) {
        stop(*s);
        s->waiters.notify_all(*scheduler_);
    }
}

void readiness::close(int fd) noexcept {
    forget(fd);
    ::close(fd);
}

void readiness::check_started() noexcept {
    for (const int fd : started_) {
        if (!is_open(fd)) {
            forget(fd); // closed behind our back in this very turn
        }
    }
    started_.clear();
}

} // namespace weft::reactor
