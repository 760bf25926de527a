// SPDX-License-Identifier: BSL-1.0
// std::thread's side of what is done with many tasks. A mutex that is given up goes to whom the
// kernel likes: its count of holders is lower than the others'.
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/scopes.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace peers;

struct runtime {
    using counter = std::atomic<std::int64_t>;
    template <class Body>
    static std::thread start(Body& body) {
        return std::thread([&body] { body(); });
    }
    static void join(std::thread& thread) { thread.join(); }
    static void yield() { std::this_thread::yield(); }
    static void give_way() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
};

using queue = locked_queue<std::mutex, std::condition_variable>;
using event = locked_event<std::mutex, std::condition_variable>;

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

answer skynet(std::int64_t actors) {
    std::int64_t sum = 0;
    stopwatch watch;
    skynet_actor(0, leaves_of(actors), &sum);
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

answer gather(std::int64_t operations, std::int64_t width) {
    return gather_all(operations, width, [](std::int64_t count) {
        std::vector<std::future<std::int64_t>> children;
        children.reserve(static_cast<std::size_t>(count));
        for (std::int64_t child = 0; child < count; ++child) {
            children.push_back(std::async(std::launch::async, [child] { return child; }));
        }
        std::int64_t sum = 0;
        for (auto& child : children) {
            sum += child.get();
        }
        return sum;
    });
}

} // namespace

std::map<std::string, command> peers::task_commands() {
    return {{"create_join", create_and_join<runtime>},
            {"switch", switch_turns<runtime>},
            {"ring", pass_around<runtime, queue>},
            {"mutex", contend<runtime, std::mutex>},
            {"gather", gather},
            {"skynet", skynet},
            {"park", park_crowd<runtime, event>}};
}
