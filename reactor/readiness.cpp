// SPDX-License-Identifier: BSL-1.0
#include "reactor/readiness.hpp"

#include <algorithm>
#include <utility>

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

readiness::readiness(struct ev_loop* loop) : loop_(loop), trial_(loop) {
    ev_fork_init(&rebuild_watcher_, &readiness::on_rebuild);
    rebuild_watcher_.data = this;
    ev_fork_start(loop_, &rebuild_watcher_);
}

readiness::~readiness() {
    for (const auto& e : entries_) {
        if (e) {
            stop(e->read);
            stop(e->write);
        }
    }
    ev_fork_stop(loop_, &rebuild_watcher_);
}

readiness::entry* readiness::find(int fd) noexcept {
    const auto index = static_cast<std::size_t>(fd);
    return fd >= 0 && index < entries_.size() ? entries_[index].get() : nullptr;
}

readiness::entry& readiness::find_or_make(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= entries_.size()) {
        const std::size_t size = std::max(index + 1, entries_.size() * 2);
        changed_.reserve(size);
        entries_.resize(size);
    }
    if (!entries_[index]) {
        entries_[index] = std::make_unique<entry>(fd, *this);
    }
    return *entries_[index];
}

void readiness::start(entry& e, side& s) noexcept {
    note_change(e);
    // Setting the events again makes libev tell the kernel even if it believes the kernel knows:
    // the number may stand for another file than last time.
    ev_io_set(&s.watcher, e.fd(), s.watcher.events);
    s.unwatchable = false;
    ev_io_start(loop_, &s.watcher);
}

void readiness::stop(side& s) noexcept {
    ev_io_stop(loop_, &s.watcher);
}

// Makes libev watch; sets e if it does.
watchability readiness::begin(int fd, direction d, entry*& e) {
    e = find(fd);
    if (e != nullptr && ev_is_active(&e->of(d).watcher)) {
        return watchability::watchable;
    }
    const watchability answer = trial_.of(fd);
    if (answer == watchability::watchable) {
        e = &find_or_make(fd);
        start(*e, e->of(d));
    } else if (answer == watchability::not_open) {
        forget(fd); // who waits for the other direction does not know yet
    }
    return answer;
}

watchability readiness::start_watch(int fd, direction d, watch& w) {
    entry* e = nullptr;
    const watchability answer = begin(fd, d, e);
    if (answer == watchability::watchable) {
        e->of(d).watch = &w;
        ++waiting_;
    }
    return answer;
}

void readiness::end_watch(int fd, direction d, watch& w) noexcept {
    entry* e = find(fd);
    if (e != nullptr && e->of(d).watch == &w) {
        e->of(d).watch = nullptr;
        --waiting_;
    }
}

void readiness::end_watch(side& s, watch_event why) noexcept {
    if (s.watch != nullptr) {
        --waiting_;
        progress_ = true;
        std::exchange(s.watch, nullptr)->tell(why);
    }
}

namespace {

// What a wait is told when there is nothing to watch.
wait_result answer_without_watch(watchability w) noexcept {
    switch (w) {
    case watchability::not_open:
        return wait_result::bad_descriptor;
    case watchability::refused:
        return wait_result::unwatchable;
    default:
        return wait_result::ready;
    }
}

} // namespace

wait_result readiness::wait(int fd, direction d, fibers::wait_site& site,
                            fibers::time_point deadline) {
    entry* e = nullptr;
    const watchability w = begin(fd, d, e);
    return w == watchability::watchable ? wait_begun(*e, d, site, deadline)
                                        : answer_without_watch(w);
}

wait_result readiness::wait_begun(entry& e, direction d, fibers::wait_site& site,
                                  fibers::time_point deadline) {
    const std::uint32_t generation = e.generation;
    ++waiting_;
    const auto result = e.of(d).waiters.wait(*scheduler_, site, deadline);
    --waiting_;
    if (result.reason == fibers::wake_reason::cancelled) {
        return wait_result::cancelled;
    }
    if (e.generation != generation) {
        return wait_result::closed;
    }
    if (result.reason == fibers::wake_reason::timed_out) {
        return wait_result::timed_out;
    }
    return e.of(d).unwatchable ? wait_result::unwatchable : wait_result::ready;
}

// --- numbers without an owner ---

wait_result readiness::wait_unowned(int fd, direction d, fibers::wait_site& site,
                                    fibers::time_point deadline) {
    entry* e = nullptr;
    const watchability w = begin_unowned(fd, d, e);
    return w == watchability::watchable ? wait_begun(*e, d, site, deadline)
                                        : answer_without_watch(w);
}

wait_result readiness::wait_to_settle(int fd, direction d, fibers::wait_site& site,
                                      std::uint32_t era) {
    entry* e = nullptr;
    const watchability w = begin_unowned(fd, d, e);
    if (w != watchability::watchable) {
        return answer_without_watch(w);
    }
    if (e->socket != 0) {
        e->settled_in = era;
        e->drained = false;
    }
    return wait_begun(*e, d, site, fibers::never);
}

// A socket's number in its file system is given out once, so a watched one is known again at the
// cost of one fstat(). Of anything else the kernel is told anew, which tells it nothing if it is
// the same.
watchability readiness::begin_unowned(int fd, direction d, entry*& e) {
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) {
        forget(fd);
        return watchability::not_open;
    }
    const std::uint64_t socket = S_ISSOCK(status.st_mode) ? status.st_ino : 0;
    e = find(fd);
    if (e != nullptr && (socket == 0 || e->socket != socket)) {
        if (socket != 0 && e->socket != 0) {
            forget(fd); // another socket, for certain
        } else {
            watch_anew(*e);
        }
    }
    const watchability w = begin(fd, d, e);
    if (w == watchability::watchable) {
        e->socket = socket;
    }
    return w;
}

void readiness::watch_anew(entry& e) {
    for (const direction d : {direction::read, direction::write}) {
        side& s = e.of(d);
        if (!ev_is_active(&s.watcher)) {
            continue;
        }
        stop(s);
        note_change(e);
        entry* same = nullptr;
        if ((!s.waiters.empty() || s.watch != nullptr) &&
            begin(e.fd(), d, same) != watchability::watchable) {
            wake_all(s); // they look for themselves
        }
    }
}

wait_result readiness::wait_any(std::span<interest> interests, fibers::wait_site& site,
                                fibers::time_point deadline) {
    struct in_line { // in the queues as long as this wait lasts, also when there is no memory for
                     // it
        std::span<interest> interests;
        ~in_line() {
            for (interest& i : interests) {
                if (i.queue != nullptr) {
                    i.queue->remove(i.waiter);
                }
            }
        }
    } const waiting{interests};
    for (interest& i : interests) {
        entry* e = nullptr;
        if (i.watched) {
            const watchability w = begin_unowned(i.fd, i.d, e);
            if (w != watchability::watchable) {
                return w == watchability::refused ? wait_result::unwatchable : wait_result::ready;
            }
        } else {
            e = &find_or_make(i.fd);
        }
        i.queue = &e->of(i.d).waiters;
        i.queue->add(i.waiter);
    }
    const auto told = [](const interest& i) { return !i.waiter.is_linked(); };
    if (std::any_of(interests.begin(), interests.end(), told)) {
        return wait_result::ready; // one of the numbers turned out to be another file
    }
    ++waiting_;
    const fibers::wake_reason reason = scheduler_->park(site, deadline);
    --waiting_;
    switch (reason) {
    case fibers::wake_reason::cancelled:
        return wait_result::cancelled;
    case fibers::wake_reason::timed_out:
        return wait_result::timed_out;
    default:
        return wait_result::ready;
    }
}

void readiness::on_event(struct ev_loop*, ev_io* w, int events) noexcept {
    auto& s = *static_cast<side*>(w->data);
    readiness& self = s.owner;
    s.unwatchable = (events & EV_ERROR) != 0; // libev has stopped the watcher then
    if (s.waiters.empty() && s.watch == nullptr) {
        self.stop(s); // nobody wants to know: stay quiet until somebody waits again
        self.note_change(*self.find(w->fd));
        return;
    }
    self.wake_all(s);
    if (s.unwatchable) {
        self.end_watch(s, watch_event::unwatchable);
    } else if (s.watch != nullptr) {
        self.progress_ = true;
        s.watch->tell(watch_event::ready);
    }
}

void readiness::wake_all(side& s) noexcept {
    if (!s.waiters.empty()) {
        s.waiters.notify_all(*scheduler_);
        progress_ = true;
    }
}

void readiness::forget(int fd) noexcept {
    entry* e = find(fd);
    if (e == nullptr) {
        return;
    }
    ++e->generation;
    e->settled_in = 0;
    e->drained = false;
    e->socket = 0;
    for (side* s : {&e->read, &e->write}) {
        stop(*s);
        wake_all(*s);
        end_watch(*s, watch_event::closed);
    }
}

void readiness::forget_all(unsigned first, unsigned last) noexcept {
    for (std::size_t fd = first; fd <= last && fd < entries_.size(); ++fd) {
        forget(static_cast<int>(fd));
    }
}

void readiness::look_again(int fd, direction d) noexcept {
    if (entry* e = find(fd)) {
        wake_all(e->of(d));
    }
}

void readiness::close(int fd) noexcept {
    forget(fd);
    ::close(fd);
}

// --- descriptors that are closed behind our back ---

void readiness::note_change(entry& e) noexcept {
    if (!e.changed) {
        e.changed = true;
        changed_.push_back(&e);
    }
}

void readiness::check_changes() noexcept {
    for (entry* e : changed_) {
        e->changed = false;
        forget_if_closed(*e);
    }
    changed_.clear();
}

void readiness::forget_if_closed(const entry& e) noexcept {
    const bool active = ev_is_active(&e.read.watcher) || ev_is_active(&e.write.watcher);
    if (active && !is_open(e.fd())) {
        forget(e.fd());
    }
}

// An event came for a descriptor that was closed while a duplicate of it lives. libev cannot take
// such a one out of its epoll set, so it makes a new set and tells the kernel everything again,
// right after this call.
void readiness::on_rebuild(struct ev_loop*, ev_fork* w, int) noexcept {
    auto& self = *static_cast<readiness*>(w->data);
    for (const auto& e : self.entries_) {
        if (e) {
            self.forget_if_closed(*e);
        }
    }
}

} // namespace weft::reactor
