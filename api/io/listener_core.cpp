// SPDX-License-Identifier: BSL-1.0
#include "api/io/listener_core.hpp"

#include "api/io/socket_calls.hpp"
#include "api/io/stream_core.hpp"
#include "api/io/tls.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

constexpr fibers::clock::duration first_pause = 100ms;
constexpr fibers::clock::duration longest_pause = 1s;

// What accept4 says of a connection that went away before it was accepted, and not of the listener.
bool lost_connection(int error_number) noexcept {
    switch (error_number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
        return true;
    default:
        return false;
    }
}

bool shortage(int error_number) noexcept {
    return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
           error_number == ENOMEM;
}

reactor::unique_fd set_of(const std::vector<reactor::unique_fd>& sockets) {
    reactor::unique_fd set =
        reactor::require_fd(::epoll_create1(EPOLL_CLOEXEC), "weft::listener: epoll_create1");
    for (const auto& s : sockets) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (::epoll_ctl(set.get(), EPOLL_CTL_ADD, s.get(), &event) != 0) {
            throw std::system_error(errno, std::system_category(), "weft::listener: epoll_ctl");
        }
    }
    return set;
}

} // namespace

listener_core::listener_core(loop_core& loop, std::vector<reactor::unique_fd> sockets,
                             reactor::unique_fd set, socket_file file, const tls_context* tls)
    : descriptor(loop, set ? set.release() : sockets.front().release()),
      sockets_(std::move(sockets)),
      file_(std::move(file)) {
    if (tls != nullptr) {
        tls_ = *tls;
    }
    if (!sockets_.front()) {
        sockets_.clear();
    }
}

listener_core* listener_core::make(std::vector<reactor::unique_fd> sockets, socket_file file,
                                   const listen_options& options) {
    if (options.tls != nullptr && !options.tls->is_server()) {
        throw std::invalid_argument(
            "weft::listen_options::tls: a client's context; make one with tls_context::server");
    }
    reactor::unique_fd set = sockets.size() > 1 ? set_of(sockets) : reactor::unique_fd();
    return new listener_core(*loop_core::running(), std::move(sockets), std::move(set),
                             std::move(file), options.tls);
}

void listener_core::stop() noexcept {
    file_.remove(); // as long as the socket is open, no other file has its number
    close();
    sockets_.clear();
}

int listener_core::native_handle() const noexcept {
    return sockets_.empty() ? fd() : sockets_.front().get();
}

std::vector<endpoint> listener_core::local_endpoints(const char* call) const {
    require_own_loop(call);
    if (fd() < 0) {
        throw_closed(call);
    }
    std::vector<endpoint> all;
    for (const auto& s : sockets_) {
        all.push_back(endpoint_of(s.get(), &::getsockname, call));
    }
    if (all.empty()) {
        all.push_back(endpoint_of(fd(), &::getsockname, call));
    }
    return all;
}

stream listener_core::accept(const char* call) {
    require_usable(call);
    const use_of_descriptor use(*this);
    fibers::clock::duration pause = first_pause;
    for (;;) {
        require_open(call);
        int error_number = 0;
        if (reactor::unique_fd accepted = try_accept(error_number)) {
            shortage_reported_ = false;
            return as_stream(std::move(accepted));
        }
        if (error_number == EAGAIN || error_number == EWOULDBLOCK) {
            wait(reactor::direction::read, call);
        } else if (shortage(error_number)) {
            wait_for_room(error_number, call, pause);
        } else if (!lost_connection(error_number)) {
            throw std::system_error(error_number, std::system_category(), call);
        }
    }
}

// Of several sockets each has its turn.
reactor::unique_fd listener_core::try_accept(int& error_number) noexcept {
    const std::size_t count = std::max<std::size_t>(sockets_.size(), 1);
    for (std::size_t i = 0; i < count; ++i) {
        const int listening = sockets_.empty() ? fd() : sockets_[next_++ % count].get();
        reactor::unique_fd accepted(
            ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (accepted) {
            return accepted;
        }
        error_number = errno;
        if (error_number != EAGAIN && error_number != EWOULDBLOCK) {
            break;
        }
    }
    return {};
}

stream listener_core::as_stream(reactor::unique_fd accepted) {
    stream s = stream_core::open(loop(), accepted.get());
    accepted.release();
    if (tls_) {
        put_tls_over(stream_core::of(s, "weft::listener::accept"), *tls_, {},
                     "weft::listener::accept");
    }
    return s;
}

void listener_core::wait_for_room(int shortage, const char* call, fibers::clock::duration& pause) {
    if (!std::exchange(shortage_reported_, true)) {
        report(fmt::format("{}: {}; connections wait until there is room again", call,
                           std::strerror(shortage)));
    }
    // A listening socket never becomes writable: this is a sleep that stop() ends.
    wait(reactor::direction::write, call, loop().deadline_after(pause));
    pause = std::min(pause * 2, longest_pause);
}

} // namespace weft::detail
