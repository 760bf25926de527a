// SPDX-License-Identifier: BSL-1.0
// closed_loop: see the header.
#include "benchmarks/scenarios/closed_loop.hpp"

#include "benchmarks/scenarios/interrupt.hpp"
#include "benchmarks/scenarios/message_clients.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <sys/epoll.h>
#include <unistd.h>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr int patience_ms = 10'000;
constexpr int unanswered_while_opening = 256;

} // namespace

closed_loop::closed_loop(int clients) : epoll_(::epoll_create1(EPOLL_CLOEXEC)), clients_(clients) {
    if (epoll_ < 0)
        throw std::system_error(errno, std::system_category(), "epoll_create1");
}

closed_loop::~closed_loop() {
    ::close(epoll_);
}

void closed_loop::watch(int client, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u32 = static_cast<std::uint32_t>(client);
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::system_error(errno, std::system_category(), "epoll_ctl");
}

template <class OnAnswer>
void closed_loop::take_events(OnAnswer on_answer) {
    std::array<epoll_event, 256> events;
    const int ready =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience_ms);
    if (interrupt_came())
        throw interrupted{};
    if (ready == 0)
        throw std::runtime_error("no answer for ten seconds");
    for (int i = 0; i < ready; ++i) {
        const auto client = static_cast<int>(events[static_cast<std::size_t>(i)].data.u32);
        if (go_on(client))
            on_answer(client);
    }
}

void closed_loop::open() {
    int unanswered = 0;
    const auto answered = [&](int) { --unanswered; };
    for (int client = 0; client < clients_; ++client) {
        connect(client);
        begin(client);
        ++unanswered;
        while (unanswered >= unanswered_while_opening)
            take_events(answered);
    }
    while (unanswered > 0)
        take_events(answered);
}

std::int64_t closed_loop::drive(std::chrono::duration<double> window, std::int64_t most) {
    const auto end = clock::now() + std::chrono::duration_cast<clock::duration>(window);
    std::int64_t begun = 0;
    std::int64_t answered = 0;
    for (int client = 0; client < clients_ && begun < most; ++client, ++begun)
        begin(client);
    while (answered < begun) {
        take_events([&](int client) {
            ++answered;
            if (begun < most && clock::now() < end) {
                ++begun;
                begin(client);
            }
        });
    }
    return answered;
}

closed_loop::round closed_loop::at_once() {
    std::vector<clock::time_point> began;
    for (int client = 0; client < clients_; ++client) {
        began.push_back(clock::now());
        begin(client);
    }
    round result;
    result.times.resize(began.size());
    for (int answered = 0; answered < clients_;) {
        take_events([&](int client) {
            ++answered;
            const auto index = static_cast<std::size_t>(client);
            result.times[index] = clock::now() - began[index];
        });
    }
    result.all = clock::now() - began.front();
    return result;
}

message_loop::message_loop(message_clients& clients)
    : closed_loop(clients.count()), clients_(clients) {
    for (int client = 0; client < clients.count(); ++client)
        if (clients.fd(client) >= 0)
            watch(client, clients.fd(client), EPOLLIN);
}

void message_loop::connect(int client) {
    clients_.connect(client);
    watch(client, clients_.fd(client), EPOLLIN);
}

void message_loop::begin(int client) {
    if (!clients_.ask(client))
        throw std::runtime_error("the server takes no request");
}

bool message_loop::go_on(int client) {
    return clients_.receive(client) > 0;
}

} // namespace bench
