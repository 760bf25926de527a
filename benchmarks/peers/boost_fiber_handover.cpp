// SPDX-License-Identifier: BSL-1.0
// Boost.Fiber's side of what two tasks hand over. Its buffered_channel keeps one slot of its
// capacity free. It has no semaphore: this one is the mutex, the condition variable and the count
// that its users write.
#include "benchmarks/peers/handover.hpp"

#include <boost/fiber/all.hpp>

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

constexpr auto yield = [] { boost::this_fiber::yield(); };

class bounded_queue {
  public:
    explicit bounded_queue(std::size_t capacity) : channel_(capacity) {}
    void put(std::int64_t item) { channel_.push(item); }
    std::int64_t get() {
        std::int64_t item = 0;
        channel_.pop(item);
        return item;
    }

  private:
    boost::fibers::buffered_channel<std::int64_t> channel_;
};

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

answer mutex(std::int64_t operations) {
    boost::fibers::mutex lock;
    return take_turns_under_a_lock(
        operations, pair, [&] { lock.lock(); }, [&] { lock.unlock(); }, yield);
}

answer semaphore_turns(std::int64_t operations) {
    semaphore one(1);
    return take_turns_under_a_lock(
        operations, pair, [&] { one.acquire(); }, [&] { one.release(); }, yield);
}

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {{"queue", [](std::int64_t n) { return pass_items<bounded_queue>(n, pair); }},
            {"mutex", mutex},
            {"semaphore", semaphore_turns},
            {"ping_pong", [](std::int64_t n) { return play_ping_pong<semaphore>(n, pair); }},
            {"future", [](std::int64_t n) { return answer_by_futures<promised>(n, pair); }}};
}
