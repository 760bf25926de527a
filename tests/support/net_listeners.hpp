// SPDX-License-Identifier: BSL-1.0
//
// Listeners that refuse or keep waiting who connects to them, for tests of connecting.
#pragma once

#include <weft/connect.hpp>
#include <weft/endpoint.hpp>
#include <weft/listener.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace weft::test {

inline std::uint16_t port_of(const listener& l) {
    return l.local_endpoint().port();
}

// A socket bound to an address and, if that is 0, any port.
class bound_socket {
  public:
    explicit bound_socket(const std::string& address = "127.0.0.1", std::uint16_t port = 0)
        : fd_(::socket(endpoint(address, port).data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const endpoint wanted(address, port);
        // Connections of an earlier test may still be waiting out their last packets there. Not for
        // any port: it might then be one that somebody else has.
        const int reuse = port != 0 ? 1 : 0;
        EXPECT_EQ(::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)), 0);
        EXPECT_EQ(::bind(fd_, wanted.data(), wanted.size()), 0) << wanted.to_string();
        sockaddr_storage bound{};
        socklen_t size = sizeof(bound);
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size), 0);
        number_ = endpoint::from(reinterpret_cast<const sockaddr*>(&bound), size).port();
    }
    ~bound_socket() { ::close(fd_); }
    bound_socket(const bound_socket&) = delete;
    bound_socket& operator=(const bound_socket&) = delete;

    int fd() const noexcept { return fd_; }
    std::uint16_t number() const noexcept { return number_; }

  private:
    int fd_;
    std::uint16_t number_ = 0;
};

// A port on which nobody listens, and which nobody else gets meanwhile.
using refusing_port = bound_socket;

// A listener whose backlog is full: who connects now waits, until somebody is accepted.
class full_listener {
  public:
    explicit full_listener(const std::string& address = "127.0.0.1", std::uint16_t port = 0)
        : socket_(address, port) {
        EXPECT_EQ(::listen(socket_.fd(), 0), 0);
        waiting_.push_back(open_connection(address, this->port()));
    }

    std::uint16_t port() const noexcept { return socket_.number(); }

  private:
    bound_socket socket_;
    std::vector<stream> waiting_;
};

} // namespace weft::test
