// SPDX-License-Identifier: BSL-1.0
// weft's side of what is done with many tasks.
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <weft/weft.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace {

using namespace peers;

struct runtime {
    using counter = std::int64_t;
    template <class Body>
    static weft::task<void> start(Body& body) {
        return weft::spawn([&body] { body(); });
    }
    static void join(weft::task<void>& task) { task.get(); }
    static void yield() { weft::yield(); }
    static void give_way() { weft::yield(); }
};

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

answer skynet(std::int64_t actors) {
    stopwatch watch;
    auto root = weft::spawn(skynet_actor, 0, peers::leaves_of(actors));
    std::int64_t sum = root.get();
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

} // namespace

std::map<std::string, command> peers::task_commands() {
    return {{"create_join", create_and_join<runtime>},
            {"switch", switch_turns<runtime>},
            {"ring", pass_around<runtime, weft::queue<std::int64_t>>},
            {"mutex", contend<runtime, weft::mutex>},
            {"skynet", skynet},
            {"park", park_crowd<runtime, weft::event>}};
}
