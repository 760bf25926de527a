// SPDX-License-Identifier: BSL-1.0
// connection_set: see the header. Edge-triggered epoll, registered once: a request costs one send,
// one recv and a share of an epoll_wait.
#include "benchmarks/tool/connection_set.hpp"

#include "benchmarks/tool/protocol.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <system_error>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

// Loopback has about 28,000 ports for each pair of addresses, so sources take turns.
constexpr int connections_per_address = 10'000;
constexpr std::chrono::milliseconds silence_limit{5'000};

std::string errno_text(const char* call) {
    return std::string(call) + ": " + std::strerror(errno);
}

sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((127u << 24) + host);
    address.sin_port = htons(port);
    return address;
}

const sockaddr* as_sockaddr(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

} // namespace

connection_set::connection_set(std::uint16_t port, int size)
    : port_(port),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(static_cast<std::size_t>(size)),
      idle_queue_(static_cast<std::size_t>(size)) {
    if (epoll_fd_ < 0)
        throw std::system_error(errno, std::system_category(), "epoll_create1");
}

connection_set::~connection_set() {
    for (connection& each : connections_)
        if (each.fd >= 0)
            ::close(each.fd);
    ::close(epoll_fd_);
}

void connection_set::open(int window) {
    const int size = static_cast<int>(connections_.size());
    int opened = 0;
    while (opened < size || busy_ > 0) {
        while (opened < size && busy_ < window) {
            if (!open_one(opened)) { // most likely out of descriptors: the others cannot either
                lost_ += size - opened - 1;
                opened = size;
                break;
            }
            send_on(opened++, short_request);
        }
        if (busy_ == 0)
            continue;
        if (!take_answers(silence_limit, [](clock::time_point, clock::time_point) {})) {
            for (connection& each : connections_)
                if (each.busy)
                    lose(each, "no answer for 5 seconds");
        }
    }
}

bool connection_set::open_one(int index) {
    connection& self = connections_[static_cast<std::size_t>(index)];
    self.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self.fd < 0) {
        lose(self, errno_text("socket"));
        return false;
    }
    const int on = 1;
    ::setsockopt(self.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(self.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const linger reset{1,
                       0}; // the end leaves no TIME_WAIT behind for the next round to wade through
    ::setsockopt(self.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    const timeval patience{5, 0};
    ::setsockopt(self.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

    const auto source_host = static_cast<std::uint32_t>(1 + index / connections_per_address);
    const sockaddr_in source = loopback(source_host, 0);
    const sockaddr_in server = loopback(1, port_);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.u32 = static_cast<std::uint32_t>(index);
    const char* failed = nullptr;
    if (::bind(self.fd, as_sockaddr(source), sizeof source) != 0)
        failed = "bind";
    else if (::connect(self.fd, as_sockaddr(server), sizeof server) != 0)
        failed = "connect";
    else if (::fcntl(self.fd, F_SETFL, O_NONBLOCK) != 0)
        failed = "fcntl";
    else if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, self.fd, &event) != 0)
        failed = "epoll_ctl";
    if (failed)
        lose(self, errno_text(failed));
    return !failed;
}

bool connection_set::send_next(std::string_view request) {
    while (idle_begin_ != idle_end_) {
        const int index = idle_queue_[idle_begin_++ % idle_queue_.size()];
        if (connections_[static_cast<std::size_t>(index)].fd < 0)
            continue; // lost while it rested
        send_on(index, request);
        return true;
    }
    return false;
}

void connection_set::send_on(int index, std::string_view request) {
    connection& self = connections_[static_cast<std::size_t>(index)];
    self.busy = true;
    self.received = 0;
    ++busy_;
    self.sent_at = clock::now();
    const ssize_t sent = ::send(self.fd, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && receive_on(self)) // a refusal may lie in the socket already
        lose(self, errno_text("send"));
}

bool connection_set::take_answers(std::chrono::milliseconds limit,
                                  const answer_handler& on_answer) {
    std::array<epoll_event, 256> events;
    const int ready = ::epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(limit.count()));
    for (int i = 0; i < ready; ++i) {
        const std::uint32_t index = events[static_cast<std::size_t>(i)].data.u32;
        connection& self = connections_[index];
        if (self.fd < 0 || !receive_on(self) || !self.busy || self.received != answer.size())
            continue;
        const clock::time_point sent = self.sent_at;
        rest(static_cast<int>(index));
        on_answer(sent, clock::now());
    }
    return ready > 0;
}

// receive_on takes what has come; false when the connection is lost.
bool connection_set::receive_on(connection& self) {
    char buffer[512];
    const ssize_t got = ::recv(self.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR)
            return true;
        lose(self, errno_text("recv"));
        return false;
    }
    if (got == 0) {
        lose(self, "the server closed the connection");
        return false;
    }
    const std::string_view text(buffer, static_cast<std::size_t>(got));
    if (text.starts_with(refusal_prefix)) {
        lose(self, std::string(text.substr(refusal_prefix.size())));
        return false;
    }
    self.received += static_cast<std::uint32_t>(got);
    return true;
}

void connection_set::rest(int index) {
    connections_[static_cast<std::size_t>(index)].busy = false;
    --busy_;
    idle_queue_[idle_end_++ % idle_queue_.size()] = index;
}

// lose drops a connection for good. One that rests stays in the queue, to be skipped there.
void connection_set::lose(connection& self, std::string reason) {
    if (self.busy) {
        self.busy = false;
        --busy_;
    }
    ++lost_;
    if (first_error_.empty())
        first_error_ = std::move(reason);
    if (self.fd >= 0)
        ::close(self.fd);
    self.fd = -1;
}

} // namespace bench
