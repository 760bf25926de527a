// SPDX-License-Identifier: BSL-1.0
#include "reactor/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace weft::reactor {

namespace {

itimerspec absolute(fibers::time_point when) noexcept {
    const auto ns =
        std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
    constexpr std::chrono::nanoseconds::rep second = 1'000'000'000;
    itimerspec spec{};
    // Zero would disarm the timer, and a point before the clock's start cannot be given.
    spec.it_value.tv_sec = std::max<decltype(ns)>(ns, 1) / second;
    spec.it_value.tv_nsec = std::max<decltype(ns)>(ns, 1) % second;
    return spec;
}

struct ev_loop* make_loop() {
    // Never the default loop; nothing from the environment; no signal mask games, no timerfd of its
    // own.
    constexpr unsigned int flags = static_cast<unsigned int>(EVBACKEND_EPOLL) | EVFLAG_NOENV |
                                   EVFLAG_NOSIGMASK | EVFLAG_NOTIMERFD;
    struct ev_loop* l = ev_loop_new(flags);
    if (l == nullptr) {
        throw std::system_error(errno != 0 ? errno : EMFILE, std::system_category(),
                                "weft: no event loop (epoll) to be had");
    }
    return l;
}

} // namespace

loop::loop()
    : loop_(make_loop()),
      timer_fd_(require_fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                           "weft: no timer descriptor to be had")),
      wake_fd_(require_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                          "weft: no wake-up descriptor to be had")),
      signals_(wake_fd_.get()),
      descriptors_(loop_.get()) {
    ev_set_userdata(loop_.get(), this);
    ev_set_loop_release_cb(loop_.get(), &loop::before_sleep, nullptr);
    ev_io_init(&deadline_watcher_, &loop::on_deadline, timer_fd_.get(), EV_READ);
    deadline_watcher_.data = this;
    ev_io_start(loop_.get(), &deadline_watcher_);
    ev_io_init(&wake_watcher_, &loop::on_wake, wake_fd_.get(), EV_READ);
    wake_watcher_.data = this;
    ev_io_start(loop_.get(), &wake_watcher_);
    ev_run(loop_.get(), EVRUN_NOWAIT); // the kernel learns of them here
    if (!ev_is_active(&deadline_watcher_) || !ev_is_active(&wake_watcher_)) {
        throw std::system_error(ENOSPC, std::system_category(),
                                "weft: the kernel watches no more descriptors (see "
                                "fs.epoll.max_user_watches)");
    }
}

loop::~loop() {
    ev_io_stop(loop_.get(), &wake_watcher_);
    ev_io_stop(loop_.get(), &deadline_watcher_);
}

void loop::on_wake(struct ev_loop*, ev_io* watcher, int) noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(watcher->fd, &count, sizeof(count));
    static_cast<loop*>(watcher->data)->woken_ = true;
}

void loop::on_deadline(struct ev_loop*, ev_io* watcher, int) noexcept {
    auto& self = *static_cast<loop*>(watcher->data);
    // Disarming also takes the readiness back. The timers themselves are the scheduler's business.
    self.armed_for_ = fibers::never;
    constexpr itimerspec disarmed{};
    timerfd_settime(self.timer_fd_.get(), 0, &disarmed, nullptr);
}

// An earlier deadline than the armed one must be set; a later one need not: the timer then ends a
// sleep for nothing and is armed again.
void loop::arm(fibers::time_point deadline) noexcept {
    if (deadline >= armed_for_) {
        return;
    }
    const itimerspec spec = absolute(deadline);
    timerfd_settime(timer_fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
    armed_for_ = deadline;
}

// Called by libev right before epoll_wait. What became ready on the way there (a watcher the kernel
// refused, a descriptor found closed) must not be slept on; libev does not look itself.
void loop::before_sleep(struct ev_loop* l) noexcept {
    auto& self = *static_cast<loop*>(ev_userdata(l));
    if (ev_pending_count(l) > 0 || self.descriptors_.progress()) {
        self.wake();
    }
}

void loop::run(int flags) noexcept {
    woken_ = false;
    descriptors_.expect_progress();
    descriptors_.check_changes();
    ev_run(loop_.get(), flags);
    if (signals_.pending()) {
        woken_ = true;
        const std::uint64_t arrived = signals_.take();
        if (signals_arrived_ != nullptr) {
            signals_arrived_(signal_context_, arrived);
        }
    }
}

void loop::wait(fibers::time_point deadline) noexcept {
    if (deadline != fibers::never) {
        if (deadline <= now()) {
            run(EVRUN_NOWAIT);
            return;
        }
        arm(deadline);
    }
    run(EVRUN_ONCE);
}

bool loop::poll() noexcept {
    run(EVRUN_NOWAIT);
    return woken_ || descriptors_.progress();
}

int loop::outer_descriptor() {
    if (outer_ == nullptr) {
        outer_ = std::make_unique<outer_set>(loop_.get());
    }
    return outer_->descriptor();
}

void loop::prepare_outer_sleep(fibers::time_point deadline) noexcept {
    if (deadline != fibers::never) {
        arm(deadline);
    }
    if (outer_ != nullptr) {
        outer_->refresh();
    }
}

void loop::wake() noexcept {
    const int error_number = errno; // callable in a signal handler
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake_fd_.get(), &one, sizeof(one));
    errno = error_number;
}

} // namespace weft::reactor
