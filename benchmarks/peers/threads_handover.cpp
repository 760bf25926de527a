// SPDX-License-Identifier: BSL-1.0
// std::thread's side of what two tasks hand over. A semaphore that one thread gives up goes
// to whom the kernel likes, and a std::promise must not be replaced while it is being set: both
// programs are left out.
#include "benchmarks/peers/handover.hpp"

#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>

namespace {

using namespace peers;

constexpr auto pair = [](auto first, auto second) {
    std::thread one(first);
    std::thread two(second);
    one.join();
    two.join();
};

using queue = locked_queue<std::mutex, std::condition_variable>;

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {{"queue", [](std::int64_t n,
                         std::int64_t capacity) { return pass_items<queue>(n, capacity, pair); }},
            {"ping_pong",
             [](std::int64_t n) { return play_ping_pong<std::binary_semaphore>(n, pair); }},
            {"generator",
             [](std::int64_t n) { return pull_from_another<std::binary_semaphore>(n, pair); }}};
}
