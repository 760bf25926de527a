// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber's side of what two tasks hand over. Its buffered_channel keeps one slot of its
// capacity free; a queue without a bound and a semaphore, which it has not, are the mutex, the
// condition variables and the count that its users write. Its generator is Boost.Coroutine2.
#include "benchmarks/peers/handover.hpp"

#include <boost/coroutine2/coroutine.hpp>
#include <boost/fiber/all.hpp>

#include <algorithm>
#include <bit>
#include <mutex>
#include <utility>

namespace {

using namespace peers;

constexpr auto pair = [](auto first, auto second) {
    boost::fibers::pooled_fixedsize_stack stacks;
    boost::fibers::fiber one(std::allocator_arg, stacks, first);
    boost::fibers::fiber two(std::allocator_arg, stacks, second);
    one.join();
    two.join();
};

// A capacity must be a power of two, and above one.
class bounded_queue {
  public:
    explicit bounded_queue(std::size_t capacity)
        : channel_(std::bit_ceil(std::max<std::size_t>(capacity, 2))) {}
    void put(std::int64_t item) { channel_.push(item); }
    std::int64_t get() {
        std::int64_t item = 0;
        channel_.pop(item);
        return item;
    }

  private:
    boost::fibers::buffered_channel<std::int64_t> channel_;
};

using unbounded_queue = locked_queue<boost::fibers::mutex, boost::fibers::condition_variable>;

class semaphore {
  public:
    explicit semaphore(std::ptrdiff_t count) : count_(count) {}
    void acquire() {
        std::unique_lock lock(mutex_);
        available_.wait(lock, [this] { return count_ > 0; });
        --count_;
    }
    void release() {
        {
            std::lock_guard lock(mutex_);
            ++count_;
        }
        available_.notify_one();
    }

  private:
    boost::fibers::mutex mutex_;
    boost::fibers::condition_variable available_;
    std::ptrdiff_t count_;
};

class promised {
  public:
    void set(std::int64_t value) { promise_.set_value(value); }
    std::int64_t get() { return future_.get(); }

  private:
    boost::fibers::promise<std::int64_t> promise_;
    boost::fibers::future<std::int64_t> future_ = promise_.get_future();
};

using values = boost::coroutines2::coroutine<std::int64_t>;

values::pull_type count_up(std::int64_t count) {
    return values::pull_type([count](values::push_type& out) {
        for (std::int64_t i = 0; i < count; ++i) {
            out(i);
        }
    });
}

answer queue(std::int64_t operations, std::int64_t capacity) {
    return capacity == 0 ? pass_items<unbounded_queue>(operations, capacity, pair)
                         : pass_items<bounded_queue>(operations, capacity, pair);
}

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {{"queue", queue},
            {"semaphore",
             [](std::int64_t n) {
                 return take_turns<semaphore>(n, pair, [] { boost::this_fiber::yield(); });
             }},
            {"ping_pong", [](std::int64_t n) { return play_ping_pong<semaphore>(n, pair); }},
            {"future", [](std::int64_t n) { return answer_by_futures<promised>(n, pair); }},
            {"generator", [](std::int64_t n) { return pull(n, count_up); }}};
}
