// SPDX-License-Identifier: BSL-1.0
#include "api/io/connection_race.hpp"

#include "api/io/names.hpp"
#include "api/io/socket_calls.hpp"

#include <weft/detail/duration.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace weft::detail {

namespace {

constexpr auto call = "weft::open_connection";

} // namespace

// --- one attempt ---

void connection_race::attempt::begin() {
    fd_ = reactor::unique_fd(
        ::socket(to_.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_) {
        fail(errno);
        return;
    }
    race_.self_.loop()->descriptors().forget(fd_.get()); // whatever the number stood for before
    if (set_up()) {
        proceed();
    }
}

bool connection_race::attempt::set_up() {
    if (race_.options_.nodelay) {
        set_flag(fd_.get(), IPPROTO_TCP, TCP_NODELAY);
    }
    if (race_.options_.keepalive) {
        set_flag(fd_.get(), SOL_SOCKET, SO_KEEPALIVE);
    }
    return race_.from_.empty() || bind_to_local_address();
}

bool connection_race::attempt::bind_to_local_address() {
    const auto family = to_.data()->sa_family;
    const auto from =
        std::find_if(race_.from_.begin(), race_.from_.end(),
                     [family](const endpoint& local) { return local.data()->sa_family == family; });
    if (from == race_.from_.end()) {
        fail(EAFNOSUPPORT);
        return false;
    }
    // Leave the choice of the port to connect(): it may then share ports between destinations.
    set_flag(fd_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    if (::bind(fd_.get(), from->data(), from->size()) != 0) {
        blamed_ = &*from;
        fail(errno);
        return false;
    }
    return true;
}

// Each connect() after the first one asks how that has come out.
void connection_race::attempt::proceed() {
    while (::connect(fd_.get(), to_.data(), to_.size()) != 0 && errno != EISCONN) {
        if (errno == EINPROGRESS || errno == EALREADY) {
            watch_it();
            return;
        }
        if (errno != EINTR) {
            fail(errno);
            return;
        }
    }
    connected_ = true;
}

void connection_race::attempt::watch_it() {
    if (watched_) {
        return;
    }
    const auto answer =
        race_.self_.loop()->descriptors().start_watch(fd_.get(), reactor::direction::write, *this);
    watched_ = answer == reactor::watchability::watchable;
    if (!watched_) {
        fail(answer == reactor::watchability::not_open ? EBADF : ENOSPC);
    }
}

void connection_race::attempt::told(reactor::watch& w, reactor::watch_event e) noexcept {
    auto& self = static_cast<attempt&>(w);
    if (e != reactor::watch_event::ready) { // the watch has ended
        self.watched_ = false;
        self.error_ = e == reactor::watch_event::closed ? EBADF : ENOSPC;
    }
    self.news_ = true;
    self.race_.self_.loop()->scheduler().unpark(self.race_.self_);
}

void connection_race::attempt::look() {
    if (!std::exchange(news_, false)) {
        return;
    }
    if (error_ != 0) {
        fail(error_);
    } else {
        proceed();
    }
}

void connection_race::attempt::fail(int error_number) noexcept {
    error_ = error_number;
    give_up();
}

void connection_race::attempt::give_up() noexcept {
    const reactor::unique_fd closed = take();
}

reactor::unique_fd connection_race::attempt::take() noexcept {
    if (fd_) {
        // Before the number is closed or handed to a stream; ends the watch, too.
        watched_ = false;
        reactor::readiness& descriptors = race_.self_.loop()->descriptors();
        descriptors.end_watch(fd_.get(), reactor::direction::write, *this);
        descriptors.forget(fd_.get());
    }
    return std::move(fd_);
}

// --- all of them ---

reactor::unique_fd connection_race::run(std::span<const endpoint> to, std::string_view whom) {
    fibers::scheduler& scheduler = self_.loop()->scheduler();
    fibers::time_point next_begins = fibers::time_point::min();
    for (bool next_is_due = true;;) {
        while (!to.empty() && (next_is_due || next_begins <= scheduler.now())) {
            attempt& next = attempts_.emplace_back(*this, to.front());
            to = to.subspan(1);
            next.begin();
            if (next.connected()) {
                return next.take();
            }
            next_is_due = !next.going_on();
            if (!to.empty()) {
                next_begins =
                    self_.loop()->deadline_after(to_ticks(options_.happy_eyeballs_delay, call));
            }
        }
        if (!any_going_on()) {
            explain(whom);
        }
        fibers::wait_site site{call};
        if (scheduler.park(site, to.empty() ? fibers::never : next_begins) ==
            fibers::wake_reason::cancelled) {
            throw_cancelled(self_);
        }
        next_is_due = false;
        if (attempt* first = look_at_all(next_is_due)) {
            return first->take();
        }
    }
}

bool connection_race::any_going_on() const noexcept {
    return std::any_of(attempts_.begin(), attempts_.end(),
                       [](const attempt& a) { return a.going_on(); });
}

connection_race::attempt* connection_race::look_at_all(bool& any_failed) {
    for (attempt& a : attempts_) {
        const bool went_on = a.going_on();
        a.look();
        if (a.connected()) {
            return &a;
        }
        any_failed |= went_on && !a.going_on();
    }
    return nullptr;
}

// The code is the first one that says something of the host, and the addresses that failed with it
// stand at the end of the text, where its message follows.
void connection_race::explain(std::string_view whom) const {
    const auto telling = std::find_if(attempts_.begin(), attempts_.end(),
                                      [](const attempt& a) { return !is_lack_of_way(a.error()); });
    const int code = (telling != attempts_.end() ? *telling : attempts_.front()).error();
    std::string others;
    std::string alike;
    for (const attempt& a : attempts_) {
        if (a.error() != code) {
            others += fmt::format("{} ({}), ", a.blamed().to_string(),
                                  std::system_category().message(a.error()));
        } else {
            alike += (alike.empty() ? "" : ", ") + a.blamed().to_string();
        }
    }
    throw std::system_error(
        code, std::system_category(),
        fmt::format("{}: {}{}{}{}", call, whom, whom.empty() ? "" : ": ", others, alike));
}

void interleave_families(std::span<endpoint> addresses) {
    if (addresses.empty()) {
        return;
    }
    const auto first_family = addresses.front().data()->sa_family;
    std::vector<endpoint> first;
    std::vector<endpoint> others;
    for (const endpoint& e : addresses) {
        (e.data()->sa_family == first_family ? first : others).push_back(e);
    }
    auto out = addresses.begin();
    for (std::size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
        for (const auto* family : {&first, &others}) {
            if (i < family->size()) {
                *out++ = (*family)[i];
            }
        }
    }
}

} // namespace weft::detail
