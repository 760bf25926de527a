// SPDX-License-Identifier: BSL-1.0
// visit_loop: see the header.
#include "benchmarks/scenarios/visit_loop.hpp"

#include "benchmarks/peers/http_answer.hpp"

#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <sys/epoll.h>

namespace bench {

namespace {

// Each end of a visit leaves its port for this machine's other visits, which are many: sources take
// turns, so that none is used again while something of the last one may be under way.
constexpr std::uint32_t addresses = 200;

sockaddr_in loopback(std::uint32_t host, unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((127u << 24) + host);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

} // namespace

visit_loop::visit_loop(unsigned port, int clients)
    : closed_loop(clients),
      port_(port),
      exchange_(http_exchange()),
      clients_(static_cast<std::size_t>(clients)) {}

visit_loop::~visit_loop() {
    for (const client& each : clients_)
        if (each.fd >= 0)
            ::close(each.fd);
}

void visit_loop::begin(int index) {
    client& self = clients_[static_cast<std::size_t>(index)];
    self = {.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const int on = 1;
    ::setsockopt(self.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    peers::send_at_once(self.fd);
    const sockaddr_in from = loopback(2 + static_cast<std::uint32_t>(index) % addresses, 0);
    const sockaddr_in to = loopback(1, port_);
    if (::bind(self.fd, generic(from), sizeof(from)) != 0 ||
        (::connect(self.fd, generic(to), sizeof(to)) != 0 && errno != EINPROGRESS))
        throw std::system_error(errno, std::system_category(), "cannot connect to the server");
    watch(index, self.fd, EPOLLIN | EPOLLOUT | EPOLLET);
}

bool visit_loop::go_on(int index) {
    client& self = clients_[static_cast<std::size_t>(index)];
    if (!self.asked) {
        const std::string& request = exchange_.request;
        const ssize_t sent = ::send(self.fd, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return false;
        if (sent != static_cast<ssize_t>(request.size()))
            throw std::runtime_error("the server takes no request");
        self.asked = true;
    }
    const std::string_view due = std::string_view(exchange_.answer).substr(self.answered);
    char bytes[512];
    const ssize_t got = ::recv(self.fd, bytes, sizeof(bytes), 0);
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got <= 0 || !due.starts_with(std::string_view(bytes, static_cast<std::size_t>(got))))
        throw std::runtime_error("a wrong answer, or a closed connection");
    self.answered += static_cast<std::size_t>(got);
    if (self.answered < exchange_.answer.size())
        return false;
    ::close(self.fd);
    self.fd = -1;
    return true;
}

} // namespace bench
