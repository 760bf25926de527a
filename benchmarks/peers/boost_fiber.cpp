// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber as a peer: its default scheduler (round_robin) and pooled stacks, its fastest pair.
//
// Where a million fibers are alive at once the stacks are two pages without a guard, as in
// Boost.Fiber's own performance programs: guards would need more mappings than the kernel allows.
// Two pages are enough only if no function is bound on them for the first time, hence the static
// library and eager binding. That pool grows by a fixed step, because the default doubles and would
// touch gigabytes that no fiber uses. Skynet comes in both launch policies: post, the default,
// starts a child later, as weft and Go do; dispatch starts it at once.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/crowd.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/scopes.hpp"
#include "benchmarks/peers/turns.hpp"

#include <boost/fiber/all.hpp>
#include <boost/version.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace {

using peers::answer;
using peers::stopwatch;

using stack_pool = boost::fibers::pooled_fixedsize_stack;

stack_pool& small_stacks() {
    static stack_pool pool(2 * stack_pool::traits_type::page_size(), 1024, 1024);
    return pool;
}

stack_pool& default_stacks() {
    static stack_pool pool;
    return pool;
}

answer yield(std::int64_t operations) {
    peers::turns turns;
    auto player = [&](int who) {
        turns.note(who);
        for (std::int64_t i = 0, n = (operations + who) / 2; i < n; ++i) {
            boost::this_fiber::yield();
            turns.note(who);
        }
    };
    stopwatch watch;
    boost::fibers::fiber first(std::allocator_arg, default_stacks(), player, 0);
    boost::fibers::fiber second(std::allocator_arg, default_stacks(), player, 1);
    first.join();
    second.join();
    return {.nanoseconds = watch.nanoseconds(), .check = turns.alternations()};
}

answer spawn_join(std::int64_t operations) {
    std::int64_t ran = 0;
    stopwatch watch;
    for (std::int64_t i = 0; i < operations; ++i) {
        boost::fibers::fiber fiber(std::allocator_arg, default_stacks(), [&ran] { ++ran; });
        fiber.join();
    }
    return {.nanoseconds = watch.nanoseconds(), .check = ran};
}

// What gather is written as here: all started, then their values asked for in order.
answer gather(std::int64_t operations) {
    constexpr std::int64_t width = peers::gather_width;
    std::int64_t sum = 0;
    stopwatch watch;
    for (std::int64_t i = 0; i < operations; ++i) {
        std::vector<boost::fibers::future<std::int64_t>> children;
        children.reserve(width);
        for (std::int64_t child = 0; child < width; ++child) {
            children.push_back(boost::fibers::async(boost::fibers::launch::post, std::allocator_arg,
                                                    default_stacks(), [child] { return child; }));
        }
        for (auto& child : children) {
            sum += child.get();
        }
    }
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
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
answer skynet(std::int64_t leaves) {
    std::int64_t sum = 0;
    stopwatch watch;
    boost::fibers::fiber root(Policy, std::allocator_arg, small_stacks(), skynet_actor<Policy>, 0,
                              leaves, &sum);
    root.join();
    return {.nanoseconds = watch.nanoseconds(), .check = sum};
}

answer nap(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span,
                                [] { boost::this_fiber::sleep_for(peers::nap_span); });
}

class crowd_host {
  public:
    explicit crowd_host(std::int64_t size) : fibers_(static_cast<std::size_t>(size)) {
        fibers_.clear();
    }
    template <class Member>
    void start(Member& member) {
        fibers_.emplace_back(std::allocator_arg, small_stacks(), [&member] { member(); });
    }
    template <class Duration>
    static void nap(Duration span) {
        boost::this_fiber::sleep_for(span);
    }
    void join() {
        for (auto& fiber : fibers_) {
            fiber.join();
        }
    }

  private:
    std::vector<boost::fibers::fiber> fibers_;
};

answer park(std::int64_t size) {
    return peers::park_crowd<std::int64_t>(size, crowd_host(size));
}

} // namespace

int main() {
    std::string version =
        std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000);
    auto commands = peers::handover_commands();
    commands.insert({{"yield", yield},
                     {"spawn_join", spawn_join},
                     {"gather", gather},
                     {"skynet", skynet<boost::fibers::launch::post>},
                     {"skynet_dispatch", skynet<boost::fibers::launch::dispatch>},
                     {"nap", nap},
                     {"park", park}});
    return peers::answer_commands("Boost.Fiber", version, commands);
}
