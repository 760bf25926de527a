// SPDX-License-Identifier: BSL-1.0
// The loads that drive servers: what they send, what they refuse, and what time they charge.
#include "benchmarks/peers/http_answer.hpp"
#include "benchmarks/scenarios/closed_loop.hpp"
#include "benchmarks/scenarios/latencies.hpp"
#include "benchmarks/scenarios/message_clients.hpp"
#include "benchmarks/scenarios/offered_load.hpp"
#include "benchmarks/scenarios/offered_rate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>

namespace {

using namespace std::chrono_literals;
using bench::latencies;
using bench::message_clients;
using bench::message_loop;
using bench::offer;
using bench::offered_rate;
using seconds = std::chrono::duration<double>;

// One thread, all connections, and for what comes on one, whatever `answer` does with the socket.
class small_server {
  public:
    using handler = std::function<void(int fd, std::string_view came)>;

    explicit small_server(handler answer)
        : answer_(std::move(answer)), thread_([this] { serve(); }) {}
    ~small_server() {
        ends_ = true;
        thread_.join();
        ::close(listener_.fd());
    }
    unsigned port() const { return listener_.port(); }

  private:
    void serve() {
        std::vector<pollfd> all{{listener_.fd(), POLLIN, 0}};
        std::vector<char> room(1 << 20);
        while (!ends_) {
            ::poll(all.data(), all.size(), 10);
            if (all[0].revents != 0) {
                all.push_back({::accept(listener_.fd(), nullptr, nullptr), POLLIN, 0});
                peers::send_at_once(all.back().fd);
            }
            for (std::size_t i = 1; i < all.size(); ++i) {
                if (all[i].revents == 0)
                    continue;
                const ssize_t got = ::recv(all[i].fd, room.data(), room.size(), 0);
                if (got > 0)
                    answer_(all[i].fd, {room.data(), static_cast<std::size_t>(got)});
                else
                    all[i].events = 0;
            }
        }
        for (std::size_t i = 1; i < all.size(); ++i)
            ::close(all[i].fd);
    }

    peers::listening_socket listener_;
    handler answer_;
    std::atomic<bool> ends_{false};
    std::thread thread_;
};

void send_all(int fd, std::string_view all) {
    while (!all.empty()) {
        const ssize_t sent = ::send(fd, all.data(), all.size(), MSG_NOSIGNAL);
        if (sent < 0)
            return;
        all.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bench::exchange word(std::string text, int kind = 0) {
    return {.request = text, .answer = text, .kind = kind};
}

void connect_all(message_clients& clients) {
    message_loop loop(clients);
    loop.open();
}

// --- the offered load ---

TEST(offered_load, a_server_that_stops_for_100_ms_is_charged_for_all_that_was_planned_meanwhile) {
    std::size_t bytes = 0;
    bool stopped = false;
    small_server server([&](int fd, std::string_view came) {
        bytes += came.size();
        if (bytes >= 1'000 && !std::exchange(stopped, true)) // the 100th request
            std::this_thread::sleep_for(100ms);
        send_all(fd, came);
    });
    message_clients clients(server.port(), 4, {word("0123456789")});
    connect_all(clients);
    auto result = offer(clients, 2'000, 500ms);
    EXPECT_EQ(result.answered, 1'000);
    // A fifth of the requests was planned for the stop, and a tenth waited for half of it: 100
    // times, where a loop of four clients would have counted 4.
    latencies& all = result.answers[0];
    EXPECT_GE(*all.longest(), 95'000);
    EXPECT_GE(*all.not_exceeded_by(0.999), 90'000);
    EXPECT_GE(*all.not_exceeded_by(0.99), 80'000);
    EXPECT_GE(*all.not_exceeded_by(0.93), 30'000);
}

TEST(offered_load, what_the_socket_has_no_room_for_is_sent_later_and_charged) {
    bool first = true;
    small_server server([&](int fd, std::string_view came) {
        if (came.front() == 'x' && std::exchange(first, false))
            std::this_thread::sleep_for(100ms);
        send_all(fd, came);
    });
    message_clients clients(server.port(), 1, {word("short")});
    connect_all(clients);
    clients.use({word("x" + std::string(100'000, 'y'))});
    auto result = offer(clients, 5'000, 60ms); // 30 MB
    EXPECT_EQ(result.answered, 300);
    EXPECT_GE(*result.answers[0].longest(), 90'000);
}

TEST(offered_load, times_are_told_by_kind) {
    small_server server(send_all);
    message_clients clients(server.port(), 8,
                            {word("light", 0), word("light", 0), word("other", 7), word("odd", 0)});
    connect_all(clients);
    auto result = offer(clients, 4'000, 100ms);
    EXPECT_EQ(result.answers[0].count(), 300u);
    EXPECT_EQ(result.answers[7].count(), 100u);
}

TEST(offered_load, a_generator_that_cannot_keep_its_rate_says_so) {
    small_server server(send_all);
    message_clients clients(server.port(), 4, {word("0123456789")});
    connect_all(clients);
    auto result = offer(clients, 10'000'000, 5ms);
    EXPECT_FALSE(result.kept_rate);
    EXPECT_THAT(result.shortfall(), testing::HasSubstr("did not keep its rate"));
}

TEST(offered_load, a_server_that_goes_away_is_an_error) {
    int messages = 0;
    small_server server([&](int fd, std::string_view came) {
        if (++messages == 50)
            ::shutdown(fd, SHUT_RDWR);
        else
            send_all(fd, came);
    });
    message_clients clients(server.port(), 4, {word("0123456789")});
    connect_all(clients);
    EXPECT_THROW(offer(clients, 2'000, 200ms), std::runtime_error);
}

// --- the closed loop ---

TEST(closed_loop, ends_with_the_window_and_leaves_nothing_under_way) {
    small_server server(send_all);
    message_clients clients(server.port(), 16, {word("0123456789")});
    message_loop loop(clients);
    loop.open();
    EXPECT_EQ(loop.drive(10s, 1'000), 1'000);
    EXPECT_GE(loop.drive(seconds(0)), 16); // everybody once
    EXPECT_EQ(loop.at_once().times.size(), 16u);
}

TEST(closed_loop, an_answer_may_come_in_pieces) {
    small_server server([](int fd, std::string_view came) {
        for (const char each : came)
            send_all(fd, {&each, 1});
    });
    message_clients clients(server.port(), 2, {word("0123456789")});
    message_loop loop(clients);
    loop.open();
    EXPECT_EQ(loop.drive(10s, 100), 100);
}

TEST(closed_loop, a_wrong_byte_is_an_error) {
    small_server server([](int fd, std::string_view) { send_all(fd, "012345678X"); });
    message_clients clients(server.port(), 1, {word("0123456789")});
    message_loop loop(clients);
    EXPECT_THROW(loop.open(), std::runtime_error);
}

TEST(closed_loop, who_is_not_there_is_an_error) {
    unsigned port = 0;
    {
        const small_server server(send_all);
        port = server.port();
    }
    message_clients clients(port, 1, {word("0123456789")});
    message_loop loop(clients);
    EXPECT_THROW(loop.open(), std::runtime_error);
}

// --- percentiles ---

TEST(latencies, a_percentile_is_a_time_that_was_measured_and_that_others_exceeded) {
    latencies times;
    for (int i = 100; i >= 1; --i)
        times.add(i * 1us);
    EXPECT_EQ(times.not_exceeded_by(0.5), 50);
    EXPECT_EQ(times.not_exceeded_by(0.99), 99);
    EXPECT_EQ(times.not_exceeded_by(0.999), std::nullopt);
    EXPECT_EQ(times.longest(), 100);
    EXPECT_EQ(latencies().longest(), std::nullopt);
    EXPECT_EQ(latencies().not_exceeded_by(0.5), std::nullopt);
}

// --- the rate ---

TEST(offered_rate, is_three_tenths_of_a_saturation_in_two_digits) {
    EXPECT_EQ(offered_rate::of(46'789), 14'000);
    EXPECT_EQ(offered_rate::of(1'234), 370);
    EXPECT_EQ(offered_rate::of(0.5), 1);
}

TEST(offered_rate, is_chosen_once_by_the_slowest_of_those_that_take_part) {
    offered_rate rate;
    int probes = 0;
    rate.add("fast", [&] { return ++probes, 100'000.0; });
    rate.add("slow", [&] { return ++probes, 10'000.0; });
    rate.add("missing", [&]() -> double { throw std::runtime_error("not installed"); });
    EXPECT_EQ(rate.per_second({}), 3'000);
    EXPECT_EQ(rate.per_second({}), 3'000);
    EXPECT_EQ(rate.per_second({"fast", "missing"}), 30'000);
    EXPECT_EQ(probes, 2);
    EXPECT_THROW(rate.per_second({"missing"}), std::runtime_error);
}

} // namespace
