// SPDX-License-Identifier: BSL-1.0
// state-threads' side of what two tasks hand over. It has mutexes and condition variables; since
// its threads switch nowhere but in its calls, a queue, a semaphore and a future need no lock.
#include "benchmarks/peers/handover.hpp"

#include <deque>
#include <memory>

#include <st.h>

namespace {

using namespace peers;

constexpr auto pair = [](auto first, auto second) {
    auto start = [](auto& body) {
        auto entry = [](void* argument) -> void* {
            (*static_cast<std::remove_reference_t<decltype(body)>*>(argument))();
            return nullptr;
        };
        return st_thread_create(entry, &body, 1, 0);
    };
    st_thread_t one = start(first);
    st_thread_t two = start(second);
    st_thread_join(one, nullptr);
    st_thread_join(two, nullptr);
};

struct free_condition {
    void operator()(st_cond_t condition) const { st_cond_destroy(condition); }
};

// An st_cond_t is a pointer to what only the library knows.
class condition {
  public:
    void wait() { st_cond_wait(condition_.get()); }
    void signal() { st_cond_signal(condition_.get()); }

  private:
    std::unique_ptr<std::remove_pointer_t<st_cond_t>, free_condition> condition_{st_cond_new()};
};

class semaphore {
  public:
    explicit semaphore(std::ptrdiff_t count) : count_(count) {}
    void acquire() {
        while (count_ == 0) {
            available_.wait();
        }
        --count_;
    }
    void release() {
        ++count_;
        available_.signal();
    }

  private:
    condition available_;
    std::ptrdiff_t count_;
};

class bounded_queue {
  public:
    explicit bounded_queue(std::size_t capacity) : capacity_(capacity) {}
    void put(std::int64_t item) {
        while (items_.size() == capacity_) {
            not_full_.wait();
        }
        items_.push_back(item);
        not_empty_.signal();
    }
    std::int64_t get() {
        while (items_.empty()) {
            not_empty_.wait();
        }
        std::int64_t item = items_.front();
        items_.pop_front();
        not_full_.signal();
        return item;
    }

  private:
    std::size_t capacity_;
    condition not_full_;
    condition not_empty_;
    std::deque<std::int64_t> items_;
};

class promised {
  public:
    void set(std::int64_t value) {
        value_ = value;
        set_ = true;
        ready_.signal();
    }
    std::int64_t get() {
        while (!set_) {
            ready_.wait();
        }
        return value_;
    }

  private:
    condition ready_;
    std::int64_t value_ = 0;
    bool set_ = false;
};

} // namespace

std::map<std::string, command> peers::handover_commands() {
    return {{"queue", [](std::int64_t n) { return pass_items<bounded_queue>(n, pair); }},
            {"ping_pong", [](std::int64_t n) { return play_ping_pong<semaphore>(n, pair); }},
            {"future", [](std::int64_t n) { return answer_by_futures<promised>(n, pair); }}};
}
