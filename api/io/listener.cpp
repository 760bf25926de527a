// SPDX-License-Identifier: BSL-1.0
#include "api/io/stream_core.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/listener.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace weft {

namespace detail {

class listener_core final : public descriptor {
  public:
    listener_core(loop_core& loop, int fd, bool nodelay_) noexcept
        : descriptor(loop, fd), nodelay(nodelay_) {}
    const bool nodelay;
    bool shortage_reported = false;
};

} // namespace detail

namespace {

using namespace std::chrono_literals;

void set_flag(int fd, int level, int option, int value = 1) noexcept {
    ::setsockopt(fd, level, option, &value, sizeof(value));
}

reactor::unique_fd listen_on(const endpoint& where, const listen_options& options,
                             bool both_families = false) {
    const int family = where.data()->sa_family;
    reactor::unique_fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto fail = [&where] {
        const int error_number = errno;
        throw std::system_error(error_number, std::system_category(),
                                fmt::format("weft::listener: {}", where.to_string()));
    };
    if (!fd) {
        fail();
    }
    set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (both_families) {
        set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    if (options.reuse_port) {
        set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT);
    }
    if (::bind(fd.get(), where.data(), where.size()) != 0 ||
        ::listen(fd.get(), options.backlog) != 0) {
        fail();
    }
    return fd;
}

reactor::unique_fd listen_everywhere(std::uint16_t port, const listen_options& options) {
    try {
        return listen_on(endpoint("::", port), options, true);
    } catch (const std::system_error& e) {
        if (e.code().value() != EAFNOSUPPORT && e.code().value() != EADDRNOTAVAIL) {
            throw;
        }
        return listen_on(endpoint("0.0.0.0", port), options); // a system without IPv6
    }
}

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

} // namespace

listener::listener(std::string_view host, std::uint16_t port, const listen_options& options) {
    detail::loop_core& loop = detail::require_running_loop("weft::listener");
    reactor::unique_fd fd =
        host.empty() ? listen_everywhere(port, options) : listen_on(endpoint(host, port), options);
    core_ = new detail::listener_core(loop, fd.get(), options.nodelay);
    fd.release();
}

listener::listener(listener&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}

listener& listener::operator=(listener&& other) noexcept {
    listener old(std::move(other));
    std::swap(core_, old.core_);
    return *this;
}

listener::~listener() {
    close();
    if (core_ != nullptr) {
        core_->release();
    }
}

void listener::close() noexcept {
    if (core_ != nullptr) {
        core_->close();
    }
}

int listener::native_handle() const noexcept {
    return core_ != nullptr ? core_->fd() : -1;
}

endpoint listener::local_endpoint() const {
    constexpr auto call = "weft::listener::local_endpoint";
    if (core_ != nullptr) {
        core_->require_own_loop(call);
    }
    if (core_ == nullptr || core_->fd() < 0) {
        throw std::system_error(EBADF, std::system_category(),
                                fmt::format("{}: it is closed", call));
    }
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (::getsockname(core_->fd(), reinterpret_cast<::sockaddr*>(&address), &size) != 0) {
        throw std::system_error(errno, std::system_category(), call);
    }
    return endpoint::from(reinterpret_cast<const ::sockaddr*>(&address), size);
}

stream listener::accept() {
    constexpr auto call = "weft::listener::accept";
    if (core_ == nullptr) {
        throw std::system_error(EBADF, std::system_category(),
                                fmt::format("{}: it is closed", call));
    }
    detail::listener_core& l = *core_;
    l.require_usable(call);
    const detail::use_of_descriptor use(l);
    fibers::clock::duration pause = 100ms;
    for (;;) {
        l.require_open(call);
        reactor::unique_fd fd(::accept4(l.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        const int error_number = errno;
        if (fd) {
            l.shortage_reported = false;
            if (l.nodelay) {
                set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);
            }
            stream accepted = detail::stream_core::open(l.loop(), fd.get());
            fd.release();
            return accepted;
        }
        if (error_number == EAGAIN || error_number == EWOULDBLOCK) {
            l.wait(reactor::direction::read, call);
        } else if (shortage(error_number)) {
            if (!std::exchange(l.shortage_reported, true)) {
                detail::report(fmt::format("{}: {}; connections wait until there is room again",
                                           call, std::strerror(error_number)));
            }
            // A listening socket never becomes writable: this is a sleep that close() ends.
            l.wait(reactor::direction::write, call, l.loop().deadline_after(pause));
            pause = std::min<fibers::clock::duration>(pause * 2, 1s);
        } else if (!lost_connection(error_number)) {
            throw std::system_error(error_number, std::system_category(), call);
        }
    }
}

} // namespace weft
