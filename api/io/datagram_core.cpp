// SPDX-License-Identifier: BSL-1.0
#include "api/io/datagram_core.hpp"

#include "api/loop_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <system_error>

#include <sys/socket.h>

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

constexpr fibers::clock::duration first_pause = 1ms;
constexpr fibers::clock::duration longest_pause = 100ms;

bool would_block(int error_number) noexcept {
    return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

// A socket for both families writes IPv4 addresses as IPv6 ones; programs know them as they are.
endpoint plain(const endpoint& address) noexcept {
    if (address.size() == sizeof(sockaddr_in6) && address.data()->sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, address.data(), sizeof(v6));
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            sockaddr_in v4{};
            v4.sin_family = AF_INET;
            v4.sin_port = v6.sin6_port;
            std::memcpy(&v4.sin_addr, &v6.sin6_addr.s6_addr[12], sizeof(v4.sin_addr));
            return endpoint::from(reinterpret_cast<const ::sockaddr*>(&v4), sizeof(v4));
        }
    }
    return address;
}

std::string naming(const char* call, const endpoint* to) {
    return to != nullptr ? fmt::format("{}: {}", call, to->to_string()) : call;
}

} // namespace

std::size_t datagram_core::send(std::span<const std::byte> data, const endpoint* to,
                                const char* call) {
    require_usable(call);
    const use_of_descriptor use(*this);
    fibers::clock::duration pause = first_pause;
    for (;;) {
        require_open(call);
        const ssize_t n = ::sendto(fd(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                   to != nullptr ? to->data() : nullptr,
                                   to != nullptr ? static_cast<socklen_t>(to->size()) : 0);
        if (n >= 0) {
            return static_cast<std::size_t>(n);
        }
        if (would_block(errno) || errno == ENOBUFS) {
            wait_for_room(errno, to, pause, call);
        } else if (errno != EINTR) {
            const int error_number = errno;
            throw std::system_error(error_number, std::system_category(), naming(call, to));
        }
    }
}

// What the kernel tells of is room in this socket. Nothing tells when the system has buffers again,
// or when a UNIX socket that this one is not connected to has room.
void datagram_core::wait_for_room(int why, const endpoint* to, fibers::clock::duration& pause,
                                  const char* call) {
    if (why != ENOBUFS && (to == nullptr || to->data()->sa_family != AF_UNIX)) {
        wait(reactor::direction::write, call);
        return;
    }
    fibers::wait_site site{call};
    block(site, loop().deadline_after(pause));
    pause = std::min(2 * pause, longest_pause);
}

std::size_t datagram_core::receive(std::span<char> out, endpoint* from, const char* call) {
    require_usable(call);
    const use_of_descriptor use(*this);
    for (;;) {
        require_open(call);
        sockaddr_storage sender{};
        socklen_t size = sizeof(sender);
        const ssize_t n = ::recvfrom(fd(), out.data(), out.size(), MSG_DONTWAIT | MSG_TRUNC,
                                     reinterpret_cast<::sockaddr*>(&sender), &size);
        if (n >= 0) {
            const endpoint whose =
                plain(endpoint::from(reinterpret_cast<const ::sockaddr*>(&sender), size));
            if (static_cast<std::size_t>(n) > out.size()) {
                throw std::system_error(
                    EMSGSIZE, std::system_category(),
                    fmt::format("{}: a datagram of {} bytes from {} did not fit into {}, and the "
                                "rest of it is lost",
                                call, n, whose.to_string(), out.size()));
            }
            if (from != nullptr) {
                *from = whose;
            }
            return static_cast<std::size_t>(n);
        }
        if (would_block(errno)) {
            wait(reactor::direction::read, call);
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::system_category(), call);
        }
    }
}

int datagram_core::family() const noexcept {
    int family = AF_UNSPEC;
    socklen_t size = sizeof(family);
    ::getsockopt(fd(), SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family;
}

void datagram_core::set(int level, int option, const void* value, std::size_t size,
                        const char* call) const {
    if (::setsockopt(fd(), level, option, value, static_cast<socklen_t>(size)) != 0) {
        throw std::system_error(errno, std::system_category(), call);
    }
}

endpoint datagram_core::ask(endpoint_question* question, const char* call) const {
    return plain(endpoint_of(fd(), question, call));
}

} // namespace weft::detail
