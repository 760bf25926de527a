// SPDX-License-Identifier: BSL-1.0
// Sends, compares, sends again. The sockets block: of an answer that has begun, the rest is on its
// way.
#include "benchmarks/micro/tls_load.hpp"

#include "benchmarks/peers/http_answer.hpp"

#include <array>
#include <stdexcept>

#include <sys/epoll.h>

namespace micro {
namespace {

constexpr int patience_ms = 10'000;

int connect_to(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        throw std::runtime_error("cannot connect to the server");
    }
    peers::send_at_once(fd);
    return fd;
}

} // namespace

tls_load::tls_load(unsigned port, int connections, std::size_t message)
    : message_(message, 'm'),
      received_(message, '\0'),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      context_(SSL_CTX_new(TLS_client_method())) {
    for (int i = 0; i < connections; ++i) {
        SSL* const one = clients_.emplace_back(SSL_new(context_));
        const int fd = connect_to(port);
        SSL_set_fd(one, fd);
        if (SSL_connect(one) != 1) {
            throw std::runtime_error("the server does not shake hands");
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = one;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
}

tls_load::~tls_load() {
    for (SSL* one : clients_) {
        ::close(SSL_get_fd(one));
        SSL_free(one);
    }
    SSL_CTX_free(context_);
    ::close(epoll_);
}

void tls_load::ask(SSL* one) {
    std::size_t sent = 0;
    if (SSL_write_ex(one, message_.data(), message_.size(), &sent) != 1) {
        throw std::runtime_error("the server takes no message");
    }
}

void tls_load::receive(SSL* one) {
    for (std::size_t count = 0; count < message_.size();) {
        std::size_t got = 0;
        if (SSL_read_ex(one, received_.data() + count, message_.size() - count, &got) != 1) {
            throw std::runtime_error("a closed connection");
        }
        count += got;
    }
    if (received_ != message_) {
        throw std::runtime_error("a wrong answer");
    }
    --to_receive_;
    if (to_send_ > 0) {
        --to_send_;
        ask(one);
    }
}

void tls_load::drive(std::int64_t messages) {
    to_send_ = to_receive_ = messages;
    for (SSL* one : clients_) {
        if (to_send_ > 0) {
            --to_send_;
            ask(one);
        }
    }
    std::array<epoll_event, 256> events;
    while (to_receive_ > 0) {
        const int ready =
            ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience_ms);
        if (ready <= 0) {
            throw std::runtime_error("no answer for ten seconds");
        }
        for (int i = 0; i < ready; ++i) {
            receive(static_cast<SSL*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
    }
}

} // namespace micro
