// SPDX-License-Identifier: BSL-1.0
// offered_load: see the header.
#include "benchmarks/scenarios/offered_load.hpp"

#include "benchmarks/scenarios/interrupt.hpp"
#include "benchmarks/scenarios/message_clients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <random>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <unistd.h>

namespace bench {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto patience = 5s;             // for answers, after the window
constexpr int sent_between_looks = 16;    // answers wait for no longer than these take
constexpr double allowed_share = 0.99;    // of the requests went out in time, which is
constexpr double allowed_late_us = 1'000; // so much after their planned instant

// The planned instants, from the start on: gaps as between independent arrivals (exponential), so
// that requests also come close together, as they do in life. The same for every side: the seed is
// fixed, and the gaps are stretched to fill the window.
std::vector<clock::duration> plan(std::int64_t requests, std::chrono::duration<double> window) {
    std::mt19937_64 random(1);
    std::vector<double> sums{0};
    for (std::int64_t i = 0; i < requests; ++i) {
        const double uniform = (static_cast<double>(random() >> 11) + 0.5) / 0x1p53;
        sums.push_back(sums.back() - std::log(uniform));
    }
    std::vector<clock::duration> instants;
    for (double sum : sums)
        instants.push_back(
            std::chrono::duration_cast<clock::duration>(window * (sum / sums.back())));
    return instants;
}

class generator {
  public:
    generator(message_clients& clients, double per_second, std::chrono::duration<double> window)
        : clients_(clients),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)),
          answered_(static_cast<std::size_t>(clients.count())) {
        if (epoll_ < 0)
            throw std::system_error(errno, std::system_category(), "epoll_create1");
        result_.planned =
            std::max<std::int64_t>(1, static_cast<std::int64_t>(per_second * window.count() + 0.5));
        plan_ = plan(result_.planned, window);
        for (int client = 0; client < clients.count(); ++client)
            watch(EPOLL_CTL_ADD, client, EPOLLIN);
        start_ = clock::now();
    }
    generator(const generator&) = delete;
    generator& operator=(const generator&) = delete;
    ~generator() { ::close(epoll_); }

    offered_result run() {
        const auto give_up = planned(result_.planned) + patience;
        auto now = clock::now();
        while (result_.answered < result_.planned && now < give_up) {
            send_what_is_due(now);
            take_answers();
            if (interrupt_came())
                throw interrupted{};
            now = clock::now();
        }
        result_.took = now - start_;
        const std::optional<double> late = result_.lateness.not_exceeded_by(allowed_share);
        result_.kept_rate = late.value_or(*result_.lateness.longest()) <= allowed_late_us;
        return std::move(result_);
    }

  private:
    clock::time_point planned(std::int64_t request) const {
        return start_ + plan_[static_cast<std::size_t>(request)];
    }

    void watch(int operation, int client, std::uint32_t events) const {
        epoll_event event{};
        event.events = events;
        event.data.u32 = static_cast<std::uint32_t>(client);
        if (::epoll_ctl(epoll_, operation, clients_.fd(client), &event) != 0)
            throw std::system_error(errno, std::system_category(), "epoll_ctl");
    }

    void send_what_is_due(clock::time_point now) {
        for (int sent = 0; sent < sent_between_looks && next_ < result_.planned; ++sent) {
            const auto due = planned(next_);
            if (due > now)
                return;
            const auto client = static_cast<int>(next_++ % clients_.count());
            if (!clients_.ask(client))
                watch(EPOLL_CTL_MOD, client, EPOLLIN | EPOLLOUT);
            result_.lateness.add(now - due);
            now = clock::now();
        }
    }

    // Client c is asked by requests c, c + clients, c + 2 clients ..., and answers come in that
    // order.
    void take_answers() {
        std::array<epoll_event, 64> events;
        const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            const auto client = static_cast<int>(event.data.u32);
            if ((event.events & EPOLLOUT) != 0 && clients_.send_rest(client))
                watch(EPOLL_CTL_MOD, client, EPOLLIN);
            int complete = clients_.receive(client);
            const auto now = clock::now();
            for (; complete > 0; --complete) {
                const std::int64_t turn = answered_[event.data.u32]++;
                const auto due = planned(client + turn * clients_.count());
                result_.answers[clients_.exchange_of(client).kind].add(now - due);
                ++result_.answered;
            }
        }
    }

    message_clients& clients_;
    int epoll_;
    std::vector<clock::duration> plan_; // one more than there are: the end of the window
    clock::time_point start_;
    std::int64_t next_ = 0;
    std::vector<std::int64_t> answered_; // by client
    offered_result result_;
};

} // namespace

std::string offered_result::shortfall() const {
    if (!kept_rate)
        return fmt::format(
            "in a round, the load generator did not keep its rate: more than {:.0f} % of the "
            "requests went out more than {:.0f} ms late, and no latency is taken from it",
            100 * (1 - allowed_share), allowed_late_us / 1'000);
    if (answered < planned)
        return fmt::format("{} of {} requests were not answered within {} s", planned - answered,
                           planned, patience.count());
    return "";
}

offered_result offer(message_clients& clients, double per_second,
                     std::chrono::duration<double> window) {
    return generator(clients, per_second, window).run();
}

} // namespace bench
