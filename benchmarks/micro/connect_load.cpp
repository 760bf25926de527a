// SPDX-License-Identifier: BSL-1.0
// Connects, asks, compares, closes, again.
#include "benchmarks/micro/connect_load.hpp"

#include "benchmarks/peers/http_answer.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>

#include <sys/epoll.h>

namespace micro {
namespace {

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr int patience_ms = 10'000;
constexpr std::uint32_t addresses = 200;

sockaddr_in loopback(std::uint32_t last, unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

} // namespace

connect_load::connect_load(unsigned port, int at_once)
    : port_(port),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      clients_(static_cast<std::size_t>(at_once)) {}

connect_load::~connect_load() {
    for (const client& one : clients_) {
        if (one.fd >= 0) {
            ::close(one.fd);
        }
    }
    ::close(epoll_);
}

void connect_load::connect(client& one) {
    one = {.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    int on = 1;
    ::setsockopt(one.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    peers::send_at_once(one.fd);
    const sockaddr_in from = loopback(2 + round_ % addresses, 0);
    const sockaddr_in to = loopback(1, port_);
    if (::bind(one.fd, generic(from), sizeof(from)) != 0 ||
        (::connect(one.fd, generic(to), sizeof(to)) != 0 && errno != EINPROGRESS)) {
        throw std::runtime_error("cannot connect to the server");
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &one;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &event);
}

bool connect_load::go_on(client& one) {
    if (!one.asked) {
        const ssize_t sent = ::send(one.fd, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            return true;
        }
        if (sent != static_cast<ssize_t>(request.size())) {
            throw std::runtime_error("the server takes no request");
        }
        one.asked = true;
    }
    const std::string_view expected = peers::http_response.substr(one.answered);
    char bytes[512];
    const ssize_t got = ::recv(one.fd, bytes, sizeof(bytes), 0);
    if (got < 0 && errno == EAGAIN) {
        return true;
    }
    if (got <= 0 || !expected.starts_with(std::string_view(bytes, static_cast<std::size_t>(got)))) {
        throw std::runtime_error("a wrong answer, or a closed connection");
    }
    one.answered += static_cast<std::size_t>(got);
    return one.answered < peers::http_response.size();
}

void connect_load::drive(std::int64_t connections) {
    ++round_;
    std::int64_t to_open = connections;
    std::int64_t to_end = connections;
    for (client& one : clients_) {
        if (to_open > 0) {
            --to_open;
            connect(one);
        }
    }
    std::array<epoll_event, 256> events;
    while (to_end > 0) {
        const int ready =
            ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience_ms);
        if (ready <= 0) {
            throw std::runtime_error("nothing for ten seconds");
        }
        for (int i = 0; i < ready; ++i) {
            client& one = *static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (go_on(one)) {
                continue;
            }
            ::close(one.fd);
            one.fd = -1;
            --to_end;
            if (to_open > 0) {
                --to_open;
                connect(one);
            }
        }
    }
}

} // namespace micro
