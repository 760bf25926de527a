// SPDX-License-Identifier: BSL-1.0
// std::thread as a peer: the operating system's threads, all on the one core that every peer gets.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/turns.hpp"

#include <atomic>
#include <gnu/libc-version.h>
#include <thread>
#include <vector>

#include <time.h>

namespace {

using peers::answer;
using peers::stopwatch;

// The two threads share one core, so that `turns` is never touched by both at once.
answer yield(std::int64_t operations) {
    std::atomic<int> last{-1};
    std::atomic<std::int64_t> alternations{0};
    auto note = [&](int who) {
        if (last.load(std::memory_order_relaxed) != who) {
            last.store(who, std::memory_order_relaxed);
            alternations.fetch_add(1, std::memory_order_relaxed);
        }
    };
    auto player = [&](int who) {
        note(who);
        for (std::int64_t i = 0, n = (operations + who) / 2; i < n; ++i) {
            std::this_thread::yield();
            note(who);
        }
    };
    stopwatch watch;
    std::thread first(player, 0);
    std::thread second(player, 1);
    first.join();
    second.join();
    return {.nanoseconds = watch.nanoseconds(), .check = alternations};
}

answer spawn_join(std::int64_t operations) {
    std::int64_t ran = 0;
    stopwatch watch;
    for (std::int64_t i = 0; i < operations; ++i) {
        std::thread thread([&ran] { ++ran; });
        thread.join();
    }
    return {.nanoseconds = watch.nanoseconds(), .check = ran};
}

void skynet_actor(std::int64_t first, std::int64_t leaves, std::int64_t* result) {
    if (leaves == 1) {
        *result = first;
        return;
    }
    std::int64_t share = leaves / 10;
    std::int64_t sums[10] = {};
    std::vector<std::thread> children;
    children.reserve(10);
    for (std::int64_t i = 0; i < 10; ++i) {
        children.emplace_back(skynet_actor, first + i * share, share, &sums[i]);
    }
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 10; ++i) {
        children[i].join();
        sum += sums[i];
    }
    *result = sum;
}

answer skynet(std::int64_t leaves) {
    std::int64_t sum = 0;
    stopwatch watch;
    skynet_actor(0, leaves, &sum);
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

answer nap(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span, [] {
        timespec span{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(peers::nap_span).count()};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &span, nullptr);
    });
}

class crowd_host {
  public:
    explicit crowd_host(std::int64_t size) : threads_(static_cast<std::size_t>(size)) {
        threads_.clear();
    }
    ~crowd_host() { join(); }
    crowd_host(crowd_host&&) = default;
    template <class Member>
    void start(Member& member) {
        threads_.emplace_back([&member] { member(); });
    }
    template <class Duration>
    static void nap(Duration span) {
        std::this_thread::sleep_for(span);
    }
    void join() {
        for (auto& thread : threads_) {
            if (thread.joinable()) {
                thread.join();
            }
        }
    }

  private:
    std::vector<std::thread> threads_;
};

answer park(std::int64_t size) {
    return peers::park_crowd<std::atomic<std::int64_t>>(size, crowd_host(size));
}

} // namespace

int main() {
    auto commands = peers::handover_commands();
    commands.insert({{"yield", yield},
                     {"spawn_join", spawn_join},
                     {"skynet", skynet},
                     {"nap", nap},
                     {"park", park}});
    return peers::answer_commands("std::thread", std::string("glibc-") + gnu_get_libc_version(),
                                  commands);
}
