// SPDX-License-Identifier: BSL-1.0
// Sends, compares, sends again.
#include "benchmarks/micro/http_load.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

#include <sys/epoll.h>

namespace micro {
namespace {

constexpr int patience_ms = 10'000;

int connect_to(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        throw std::runtime_error("cannot connect to the server");
    }
    peers::send_at_once(fd);
    return fd;
}

} // namespace

http_load::http_load(unsigned port, int connections, std::string_view request,
                     std::string_view answer)
    : request_(request),
      answer_(answer),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      clients_(static_cast<std::size_t>(connections)) {
    for (client& one : clients_) {
        one.fd = connect_to(port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &one;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &event);
    }
}

http_load::~http_load() {
    for (const client& one : clients_) {
        ::close(one.fd);
    }
    ::close(epoll_);
}

void http_load::ask(int fd) const {
    if (::send(fd, request_.data(), request_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request_.size())) {
        throw std::runtime_error("the server takes no request");
    }
}

void http_load::receive(client& one) {
    std::string_view expected = answer_.substr(one.answered);
    char bytes[512];
    ssize_t got = ::recv(one.fd, bytes, sizeof(bytes), 0);
    if (got <= 0 || !expected.starts_with(std::string_view(bytes, static_cast<std::size_t>(got)))) {
        throw std::runtime_error("a wrong answer, or a closed connection");
    }
    one.answered += static_cast<std::size_t>(got);
    if (one.answered < answer_.size()) {
        return;
    }
    one.answered = 0;
    --to_receive_;
    if (to_send_ > 0) {
        --to_send_;
        ask(one.fd);
    }
}

void http_load::drive(std::int64_t requests) {
    to_send_ = to_receive_ = requests;
    for (client& one : clients_) {
        if (to_send_ > 0) {
            --to_send_;
            ask(one.fd);
        }
    }
    std::array<epoll_event, 256> events;
    while (to_receive_ > 0) {
        int ready =
            ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience_ms);
        if (ready <= 0) {
            throw std::runtime_error("no answer for ten seconds");
        }
        for (int i = 0; i < ready; ++i) {
            receive(*static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
    }
}

} // namespace micro
