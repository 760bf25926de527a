// SPDX-License-Identifier: BSL-1.0
#include "api/posix/several_descriptors.hpp"

#include "api/loop_core.hpp"
#include "api/posix/raw_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <new>

#include <sys/epoll.h>

namespace weft::detail {

namespace {

using reactor::direction;

constexpr short to_read = POLLIN | POLLRDNORM;
constexpr short to_write = POLLOUT | POLLWRNORM;
// Come with the others, where the loop is told of those.
constexpr short beside_reading = POLLRDHUP | POLLRDBAND;
constexpr short beside_writing = POLLWRBAND;

// Whether the loop's watchers tell of all that these ask for; an error and a hang-up they tell of.
bool loop_knows(short events) noexcept {
    const bool reads = (events & to_read) != 0;
    const bool writes = (events & to_write) != 0;
    const int known =
        to_read | to_write | (reads ? beside_reading : 0) | (writes ? beside_writing : 0);
    return (reads || writes) && (events & ~known) == 0;
}

} // namespace

several_descriptors::~several_descriptors() {
    if (set_) {
        call_.loop().descriptors().forget(set_.get());
    }
}

bool several_descriptors::loop_knows_all() const noexcept {
    std::size_t sides = 0;
    for (const pollfd& p : wanted_) {
        if (p.fd >= 0) {
            if (!loop_knows(p.events)) {
                return false;
            }
            sides += ((p.events & to_read) != 0 ? 1U : 0U) + ((p.events & to_write) != 0 ? 1U : 0U);
        }
    }
    return sides <= most_watched;
}

void several_descriptors::watch_each() {
    fibers::fiber& self = *call_.loop().scheduler().current();
    interests_.reserve(most_watched);
    for (const pollfd& p : wanted_) {
        if (p.fd >= 0 && (p.events & to_read) != 0) {
            interests_.emplace_back(self, p.fd, direction::read);
        }
        if (p.fd >= 0 && (p.events & to_write) != 0) {
            interests_.emplace_back(self, p.fd, direction::write);
        }
    }
}

// What the same descriptor is wanted for earlier in the list.
short several_descriptors::events_before(std::size_t i) const noexcept {
    short events = 0;
    for (const pollfd& p : wanted_.first(i)) {
        events = static_cast<short>(p.fd == wanted_[i].fd ? events | p.events : events);
    }
    return events;
}

// False when the kernel makes no such set of them.
bool several_descriptors::watch_as_set() {
    set_ = reactor::unique_fd(static_cast<int>(::syscall(SYS_epoll_create1, EPOLL_CLOEXEC)));
    if (!set_) {
        return false;
    }
    fibers::fiber& self = *call_.loop().scheduler().current();
    interests_.reserve(wanted_.size() + 1);
    interests_.emplace_back(self, set_.get(), direction::read);
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
        const pollfd& p = wanted_[i];
        if (p.fd < 0) {
            continue;
        }
        epoll_event event{};
        event.events = static_cast<std::uint16_t>(p.events);
        if (::syscall(SYS_epoll_ctl, set_.get(), EPOLL_CTL_ADD, p.fd, &event) != 0) {
            switch (errno) {
            case EEXIST:
                event.events |= static_cast<std::uint16_t>(events_before(i));
                ::syscall(SYS_epoll_ctl, set_.get(), EPOLL_CTL_MOD, p.fd, &event);
                continue;
            case EPERM: // never anything but what poll() has said
                continue;
            default:
                return false;
            }
        }
        interests_.emplace_back(self, p.fd, direction::read, false);
    }
    return true;
}

void several_descriptors::prepare() {
    prepared_ = true;
    if (loop_knows_all()) {
        watch_each();
    } else if (!watch_as_set()) {
        must_look_ = true;
    }
}

suspended_call::result several_descriptors::wait(fibers::time_point deadline) noexcept {
    try {
        if (!prepared_) {
            prepare();
        }
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return suspended_call::result::failed;
    }
    if (must_look_) {
        return call_.pause(deadline);
    }
    // No descriptor at all: a way to sleep.
    return interests_.empty() ? call_.sleep_until(deadline)
                              : call_.wait_for_any(interests_, deadline);
}

} // namespace weft::detail
