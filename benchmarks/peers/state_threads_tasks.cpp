// SPDX-License-Identifier: BSL-1.0
// state-threads' side of what is done with many tasks. Its only yield, st_usleep(0), asks the
// kernel for events every time: threads that switch hand over through a condition variable each,
// its cheapest way, and the program about a mutex is left out.
//
// Stacks are of 16 KiB, since a million threads may be alive at once: they have no guard and are
// never unmapped.
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/scopes.hpp"
#include "benchmarks/peers/state_threads_objects.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <st.h>

namespace {

using namespace peers;

constexpr int stack_size = 16 * 1024;

struct runtime {
    using counter = std::int64_t;
    template <class Body>
    static st_thread_t start(Body& body) {
        auto entry = [](void* argument) -> void* {
            (*static_cast<Body*>(argument))();
            return nullptr;
        };
        st_thread_t thread = st_thread_create(entry, &body, 1, stack_size);
        if (thread == nullptr) {
            throw std::runtime_error("st_thread_create failed");
        }
        return thread;
    }
    static void join(st_thread_t thread) { st_thread_join(thread, nullptr); }
    static void yield() { st_usleep(0); }
    static void give_way() { st_usleep(0); }
};

// Each wakes the next and waits to be woken; whoever leaves wakes the next too.
answer wake_in_turn(std::int64_t operations, std::int64_t size) {
    std::vector<st::condition> conditions(static_cast<std::size_t>(size));
    auto of = [&](std::int64_t who) -> st::condition& {
        return conditions[static_cast<std::size_t>(who % size)];
    };
    auto turn = [&](std::int64_t who, auto note) {
        of(who + 1).signal();
        of(who).wait();
        note();
    };
    return crowd_turns<runtime>(operations, size, turn,
                                [&](std::int64_t who) { of(who + 1).signal(); });
}

// What gather is written as here: all started, then joined in order.
answer gather(std::int64_t operations, std::int64_t width) {
    return gather_all(operations, width, [](std::int64_t count) {
        struct child {
            std::int64_t index, value;
            void operator()() { value = index; }
        };
        std::vector<child> children(static_cast<std::size_t>(count));
        std::vector<st_thread_t> threads;
        threads.reserve(children.size());
        for (std::int64_t i = 0; i < count; ++i) {
            child& one = children[static_cast<std::size_t>(i)];
            one.index = i;
            threads.push_back(runtime::start(one));
        }
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < children.size(); ++i) {
            runtime::join(threads[i]);
            sum += children[i].value;
        }
        return sum;
    });
}

struct skynet_actor {
    std::int64_t first = 0;
    std::int64_t leaves = 0;
    std::int64_t sum = 0;

    void operator()() {
        if (leaves == 1) {
            sum = first;
            return;
        }
        std::int64_t share = leaves / 10;
        skynet_actor actors[10];
        st_thread_t children[10];
        for (int i = 0; i < 10; ++i) {
            actors[i] = {.first = first + i * share, .leaves = share};
            children[i] = runtime::start(actors[i]);
        }
        for (int i = 0; i < 10; ++i) {
            st_thread_join(children[i], nullptr);
            sum += actors[i].sum;
        }
    }
};

answer skynet(std::int64_t actors) {
    stopwatch watch;
    skynet_actor root{.first = 0, .leaves = leaves_of(actors)};
    st_thread_join(runtime::start(root), nullptr);
    return {.nanoseconds = watch.nanoseconds(), .check = root.sum};
}

} // namespace

std::map<std::string, command> peers::task_commands() {
    return {{"create_join", create_and_join<runtime>},
            {"switch", wake_in_turn},
            {"ring", pass_around<runtime, st::queue>},
            {"gather", gather},
            {"skynet", skynet},
            {"park", park_crowd<runtime, st::event>}};
}
