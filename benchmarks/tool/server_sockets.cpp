// SPDX-License-Identifier: BSL-1.0
// The socket calls that the servers share, and the server that does nothing but hold connections.
//
// Invariant: sockets are made as weft's listener makes its own (backlog 4096, TCP_NODELAY), so that
// both sides stand on equal ground.
#include "benchmarks/tool/protocol.hpp"
#include "benchmarks/tool/servers.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr int backlog = 4096;

int checked(int result, const char* call) {
    if (result < 0)
        throw std::system_error(errno, std::system_category(), call);
    return result;
}

std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    checked(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
    return ntohs(address.sin_port);
}

} // namespace

int listening_socket() {
    const int fd = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
    checked(::listen(fd, backlog), "listen");
    announce_port(port_of(fd));
    return fd;
}

int accept_from(int listening_fd) {
    for (;;) {
        const int fd = ::accept4(listening_fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return fd;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            ::usleep(10'000);
        else if (errno != EINTR && errno != ECONNABORTED)
            checked(fd, "accept4");
    }
}

void announce_port(std::uint16_t port) {
    fmt::print("{{\"event\":\"listening\",\"port\":{}}}\n", port);
    std::fflush(stdout);
}

void refuse(int fd, std::string_view reason) {
    char request[256];
    ::recv(fd, request, sizeof request, MSG_DONTWAIT);
    const std::string text = std::string(refusal_prefix) + std::string(reason);
    ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(fd, SHUT_WR);
}

void hold_sockets_only() {
    const int listening_fd = listening_socket();
    for (;;) { // one answer, so that the client sees every side in the same way; then only held
        const int fd = accept_from(listening_fd);
        char request[256];
        if (::recv(fd, request, sizeof request, 0) > 0)
            ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
}

} // namespace bench
