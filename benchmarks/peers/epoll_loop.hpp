// SPDX-License-Identifier: BSL-1.0
// The loop of the servers that are written by hand: bare level-triggered epoll, nothing but the
// system calls that a message needs (one recv, one send, a share of one epoll_wait).
//
// A Connection has a constructor of (epoll, fd), serve(events), which is false when it is over, and
// closes its fd in the end. wait_left() and wake() are for those that wait for time.
#pragma once

#include "benchmarks/peers/http_answer.hpp"

#include <array>
#include <cstdint>

#include <sys/epoll.h>
#include <sys/utsname.h>

namespace peers {

inline void watch(int epoll, int operation, int fd, std::uint32_t events, void* user) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = user;
    ::epoll_ctl(epoll, operation, fd, &event);
}

template <class Connection>
void accept_all(int epoll, int listener) {
    for (;;) {
        int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        send_at_once(fd);
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, new Connection(epoll, fd));
    }
}

// serve_on_epoll calls wait_left() before each sleep (milliseconds, -1 without end) and wake()
// after it.
template <class Connection, class WaitLeft, class Wake>
[[noreturn]] void serve_on_epoll(WaitLeft wait_left, Wake wake) {
    listening_socket listener(SOCK_NONBLOCK);
    int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, EPOLL_CTL_ADD, listener.fd(), EPOLLIN, nullptr);
    utsname system{};
    ::uname(&system);
    announce("epoll", system.release, listener.port());
    std::array<epoll_event, 256> events;
    for (;;) {
        int ready =
            ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), wait_left());
        for (int i = 0; i < ready; ++i) {
            auto& event = events[static_cast<std::size_t>(i)];
            auto* peer = static_cast<Connection*>(event.data.ptr);
            if (peer == nullptr) {
                accept_all<Connection>(epoll, listener.fd());
            } else if (!peer->serve(event.events)) {
                delete peer;
            }
        }
        wake();
    }
}

} // namespace peers
