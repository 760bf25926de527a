// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber's side of what is done with many tasks.
//
// Since a million fibers may be alive at once the stacks are two pages without a guard, as in
// Boost.Fiber's own performance programs: guards would need more mappings than the kernel allows.
// Two pages are enough only if no function is bound on them for the first time, hence the eager
// binding. The pool grows by a fixed step, because the default doubles and would touch gigabytes
// that no fiber uses. Skynet comes in both launch policies: post, the default, starts a child
// later, as weft and Go do; dispatch starts it at once.
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/scopes.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <boost/fiber/all.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace peers;

using stack_pool = boost::fibers::pooled_fixedsize_stack;

stack_pool& small_stacks() {
    static stack_pool pool(2 * stack_pool::traits_type::page_size(), 1024, 1024);
    return pool;
}

struct runtime {
    using counter = std::int64_t;
    template <class Body>
    static boost::fibers::fiber start(Body& body) {
        return {std::allocator_arg, small_stacks(), [&body] { body(); }};
    }
    static void join(boost::fibers::fiber& fiber) { fiber.join(); }
    static void yield() { boost::this_fiber::yield(); }
    static void give_way() { boost::this_fiber::yield(); }
};

// A ring's queue of one place: a buffered_channel keeps one slot free.
class one_place {
  public:
    explicit one_place(std::size_t /*capacity*/) {}
    void put(std::int64_t item) { channel_.push(item); }
    std::int64_t get() {
        std::int64_t item = 0;
        channel_.pop(item);
        return item;
    }

  private:
    boost::fibers::buffered_channel<std::int64_t> channel_{2};
};

using event = locked_event<boost::fibers::mutex, boost::fibers::condition_variable>;

// What gather is written as here: all started, then their values asked for in order.
answer gather(std::int64_t operations, std::int64_t width) {
    return gather_all(operations, width, [](std::int64_t count) {
        std::vector<boost::fibers::future<std::int64_t>> children;
        children.reserve(static_cast<std::size_t>(count));
        for (std::int64_t child = 0; child < count; ++child) {
            children.push_back(boost::fibers::async(boost::fibers::launch::post, std::allocator_arg,
                                                    small_stacks(), [child] { return child; }));
        }
        std::int64_t sum = 0;
        for (auto& child : children) {
            sum += child.get();
        }
        return sum;
    });
}

// A child writes its sum into its parent's slot and is joined: cheaper here than a future each.
template <boost::fibers::launch Policy>
void skynet_actor(std::int64_t first, std::int64_t leaves, std::int64_t* result) {
    if (leaves == 1) {
        *result = first;
        return;
    }
    std::int64_t share = leaves / 10;
    std::int64_t sums[10] = {};
    std::vector<boost::fibers::fiber> children;
    children.reserve(10);
    for (std::int64_t i = 0; i < 10; ++i) {
        children.emplace_back(Policy, std::allocator_arg, small_stacks(), skynet_actor<Policy>,
                              first + i * share, share, &sums[i]);
    }
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 10; ++i) {
        children[i].join();
        sum += sums[i];
    }
    *result = sum;
}

template <boost::fibers::launch Policy>
answer skynet(std::int64_t actors) {
    std::int64_t sum = 0;
    stopwatch watch;
    boost::fibers::fiber root(Policy, std::allocator_arg, small_stacks(), skynet_actor<Policy>, 0,
                              leaves_of(actors), &sum);
    root.join();
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

} // namespace

std::map<std::string, command> peers::task_commands() {
    return {{"create_join", create_and_join<runtime>},
            {"switch", switch_turns<runtime>},
            {"ring", pass_around<runtime, one_place>},
            {"mutex", contend<runtime, boost::fibers::mutex>},
            {"gather", gather},
            {"skynet", skynet<boost::fibers::launch::post>},
            {"skynet_dispatch", skynet<boost::fibers::launch::dispatch>},
            {"park", park_crowd<runtime, event>}};
}
