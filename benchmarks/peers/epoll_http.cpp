// SPDX-License-Identifier: BSL-1.0
// The hand-written server that weft's is held against: a bare level-triggered epoll loop, nothing
// but the system calls that a request needs (one recv, one send, a share of one epoll_wait).
#include "benchmarks/peers/http_answer.hpp"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/utsname.h>

namespace {

struct connection {
    int fd = -1;
    std::size_t owed = 0; // bytes of responses that the socket did not take yet
    peers::request_buffer buffer = {};
};

void watch(int epoll, int operation, int fd, std::uint32_t events, void* user) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = user;
    ::epoll_ctl(epoll, operation, fd, &event);
}

// Sends what is owed. The tail of one response may wait for the socket, so the debt is in bytes.
bool pay(int epoll, connection& peer) {
    constexpr auto whole = peers::http_response.size();
    bool waiting = false;
    while (peer.owed > 0 && !waiting) {
        std::size_t rest = (peer.owed - 1) % whole + 1;
        ssize_t sent =
            ::send(peer.fd, peers::http_response.data() + whole - rest, rest, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            return false;
        }
        waiting = sent < 0;
        peer.owed -= sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    if (waiting) {
        watch(epoll, EPOLL_CTL_MOD, peer.fd, EPOLLIN | EPOLLOUT, &peer);
    }
    return true;
}

bool serve(int epoll, connection& peer, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) {
        watch(epoll, EPOLL_CTL_MOD, peer.fd, EPOLLIN, &peer);
    }
    if ((events & EPOLLIN) != 0) {
        ssize_t got = ::recv(peer.fd, peer.buffer.space(), peer.buffer.space_size(), 0);
        if (got <= 0) {
            return got < 0 && errno == EAGAIN;
        }
        peer.buffer.received(static_cast<std::size_t>(got));
        while (peer.buffer.take_request()) {
            peer.owed += peers::http_response.size();
        }
    }
    return pay(epoll, peer);
}

void accept_all(int epoll, int listener) {
    for (;;) {
        int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        peers::send_at_once(fd);
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, new connection{.fd = fd});
    }
}

} // namespace

int main() {
    peers::listening_socket listener(SOCK_NONBLOCK);
    int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, EPOLL_CTL_ADD, listener.fd(), EPOLLIN, nullptr);
    utsname system{};
    ::uname(&system);
    peers::announce("epoll", system.release, listener.port());
    std::array<epoll_event, 256> events;
    for (;;) {
        int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            auto& event = events[static_cast<std::size_t>(i)];
            auto* peer = static_cast<connection*>(event.data.ptr);
            if (peer == nullptr) {
                accept_all(epoll, listener.fd());
            } else if (!serve(epoll, *peer, event.events)) {
                ::close(peer->fd);
                delete peer;
            }
        }
    }
}
