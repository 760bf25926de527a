// SPDX-License-Identifier: BSL-1.0
// Servers on Boost.Fiber, which has no sockets of its own: a fiber for each connection, and a
// scheduling algorithm that sleeps in epoll where the library's own would sleep in a condition
// variable. This is where its documentation tells users to put their event loop, and the least
// that can stand between a fiber and its socket: a fiber waits as it does in the library's own
// mutex, and each socket is registered once, edge-triggered.
#pragma once

#include "benchmarks/peers/blocking_server.hpp"
#include "benchmarks/peers/boost_version.hpp"

#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <sys/epoll.h>

namespace peers {

// A non-blocking socket that at most one fiber waits for.
class fiber_socket {
  public:
    fiber_socket(int epoll, int fd) : fd_(fd) {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.ptr = this;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
    fiber_socket(const fiber_socket&) = delete;
    fiber_socket& operator=(const fiber_socket&) = delete;
    ~fiber_socket() { ::close(fd_); }

    // until_done calls until it does not say EAGAIN, and waits for the socket in between.
    template <class Call>
    ssize_t until_done(Call call) {
        for (;;) {
            changed_ = false;
            const ssize_t result = call(fd_);
            if (result >= 0 || errno != EAGAIN) {
                return result;
            }
            wait();
        }
    }

    // A read that did not fill its room has taken all there was, unless the end came with it.
    ssize_t read(char* into, std::size_t size) {
        if (drained_) {
            wait();
        }
        const ssize_t got = until_done([&](int fd) { return ::recv(fd, into, size, 0); });
        drained_ = got < static_cast<ssize_t>(size) && !ended_;
        return got;
    }

    void notify(std::uint32_t events) {
        changed_ = true;
        ended_ = ended_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        if (waiter_ != nullptr) {
            boost::fibers::context::active()->schedule(std::exchange(waiter_, nullptr));
        }
    }

  private:
    void wait() {
        if (!changed_) {
            waiter_ = boost::fibers::context::active();
            waiter_->suspend();
        }
    }

    int fd_;
    bool changed_ = false;
    bool drained_ = false;
    bool ended_ = false;
    boost::fibers::context* waiter_ = nullptr;
};

class polling_scheduler : public boost::fibers::algo::round_robin {
  public:
    explicit polling_scheduler(int epoll) : epoll_(epoll) {}

    void suspend_until(const std::chrono::steady_clock::time_point& until) noexcept override {
        std::array<epoll_event, 256> events;
        const int ready =
            ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), time_left(until));
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            static_cast<fiber_socket*>(event.data.ptr)->notify(event.events);
        }
    }
    void notify() noexcept override {} // no other thread wakes a fiber here

  private:
    static int time_left(std::chrono::steady_clock::time_point until) {
        using clock = std::chrono::steady_clock;
        if (until == clock::time_point::max()) {
            return -1;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        return left.count() < 0 ? 0 : static_cast<int>(left.count());
    }

    int epoll_;
};

struct boost_fiber_wire {
    fiber_socket& socket;

    ssize_t read(char* into, std::size_t size) const { return socket.read(into, size); }
    bool write(std::string_view all) const {
        while (!all.empty()) {
            const ssize_t sent = socket.until_done(
                [&](int fd) { return ::send(fd, all.data(), all.size(), MSG_NOSIGNAL); });
            if (sent < 0) {
                return false;
            }
            all.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void sleep(std::chrono::milliseconds time) const { boost::this_fiber::sleep_for(time); }
    void apart(void (*work)()) const { work(); } // there is no such place
};

template <void (*Serve)(boost_fiber_wire&)>
int serve_on_boost_fiber() {
    const listening_socket listener(SOCK_NONBLOCK);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    boost::fibers::use_scheduling_algorithm<polling_scheduler>(epoll);
    fiber_socket listening(epoll, listener.fd());
    announce("Boost.Fiber", boost_version().c_str(), listener.port());
    for (;;) {
        const auto fd = static_cast<int>(listening.until_done([](int listens) {
            return ::accept4(listens, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        }));
        if (fd < 0) {
            continue;
        }
        send_at_once(fd);
        boost::fibers::fiber([epoll, fd] {
            fiber_socket socket(epoll, fd);
            boost_fiber_wire to_client{socket};
            Serve(to_client);
        }).detach();
    }
}

} // namespace peers
