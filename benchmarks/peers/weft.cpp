// SPDX-License-Identifier: BSL-1.0
// weft as a peer: the scenarios in its own natural words, all in one run() of one loop.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/scopes.hpp"
#include "benchmarks/peers/turns.hpp"

#include <weft/weft.hpp>

#include <array>
#include <utility>
#include <vector>

namespace {

using peers::answer;
using peers::stopwatch;

answer yield(std::int64_t operations) {
    peers::turns turns;
    auto player = [&](int who) {
        turns.note(who);
        for (std::int64_t i = 0, n = (operations + who) / 2; i < n; ++i) {
            weft::yield();
            turns.note(who);
        }
    };
    stopwatch watch;
    auto first = weft::spawn(player, 0);
    auto second = weft::spawn(player, 1);
    first.get();
    second.get();
    return {.nanoseconds = watch.nanoseconds(), .check = turns.alternations()};
}

answer spawn_join(std::int64_t operations) {
    std::int64_t ran = 0;
    stopwatch watch;
    for (std::int64_t i = 0; i < operations; ++i) {
        auto task = weft::spawn([&ran] { ++ran; });
        task.get();
    }
    return {.nanoseconds = watch.nanoseconds(), .check = ran};
}

std::int64_t skynet_actor(std::int64_t first, std::int64_t leaves) {
    if (leaves == 1) {
        return first;
    }
    std::int64_t share = leaves / 10;
    std::vector<weft::task<std::int64_t>> children;
    children.reserve(10);
    for (std::int64_t i = 0; i < 10; ++i) {
        children.push_back(weft::spawn(skynet_actor, first + i * share, share));
    }
    std::int64_t sum = 0;
    for (auto& child : children) {
        sum += child.get();
    }
    return sum;
}

answer skynet(std::int64_t leaves) {
    stopwatch watch;
    auto root = weft::spawn(skynet_actor, 0, leaves);
    std::int64_t sum = root.get();
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

answer nap(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span, [] { weft::sleep_for(peers::nap_span); });
}

class crowd_host {
  public:
    explicit crowd_host(std::int64_t size) : tasks_(static_cast<std::size_t>(size)) {
        tasks_.clear(); // the pages of the handles are touched now, before anything is counted
    }
    template <class Member>
    void start(Member& member) {
        tasks_.push_back(weft::spawn([&member] { member(); }));
    }
    template <class Duration>
    static void nap(Duration span) {
        weft::sleep_for(span);
    }
    void join() {
        for (auto& task : tasks_) {
            task.get();
        }
        tasks_.clear();
    }

  private:
    std::vector<weft::task<void>> tasks_;
};

answer park(std::int64_t size) {
    return peers::park_crowd<std::int64_t>(size, crowd_host(size));
}

} // namespace

int main() {
    return weft::run([] {
        auto commands = peers::handover_commands();
        commands.merge(peers::scope_commands());
        commands.insert({{"yield", yield},
                         {"spawn_join", spawn_join},
                         {"skynet", skynet},
                         {"nap", nap},
                         {"park", park}});
        return peers::answer_commands("weft", WEFT_VERSION, commands);
    });
}
