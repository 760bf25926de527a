// SPDX-License-Identifier: BSL-1.0
// std::thread's side of what two tasks hand over. std has no queue: this one is the mutex and the
// two condition variables of the textbooks. A lock that one thread gives up goes to whom the kernel
// likes, and a std::promise must not be replaced while it is being set: both programs are left out.
#include "benchmarks/peers/handover.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

namespace {

using namespace peers;

constexpr auto pair = [](auto first, auto second) {
    std::thread one(first);
    std::thread two(second);
    one.join();
    two.join();
};

class bounded_queue {
  public:
    explicit bounded_queue(std::size_t capacity) : capacity_(capacity) {}
    void put(std::int64_t item) {
        std::unique_lock lock(mutex_);
        not_full_.wait(lock, [this] { return items_.size() < capacity_; });
        items_.push_back(item);
        not_empty_.notify_one();
    }
    std::int64_t get() {
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [this] { return !items_.empty(); });
        std::int64_t item = items_.front();
        items_.pop_front();
        not_full_.notify_one();
        return item;
    }

  private:
    std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable not_full_;
    std::condition_variable not_empty_;
    std::deque<std::int64_t> items_;
};

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {{"queue", [](std::int64_t n) { return pass_items<bounded_queue>(n, pair); }},
            {"ping_pong",
             [](std::int64_t n) { return play_ping_pong<std::binary_semaphore>(n, pair); }}};
}
