// SPDX-License-Identifier: BSL-1.0
// What state-threads' users build of its condition variables. Since its threads switch nowhere but
// in its calls, a queue, a semaphore and an event need no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <type_traits>

#include <st.h>

namespace peers::st {

struct free_condition {
    void operator()(st_cond_t condition) const { st_cond_destroy(condition); }
};

// An st_cond_t is a pointer to what only the library knows.
class condition {
  public:
    void wait() { st_cond_wait(condition_.get()); }
    void signal() { st_cond_signal(condition_.get()); }
    void broadcast() { st_cond_broadcast(condition_.get()); }

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

class queue {
  public:
    explicit queue(std::size_t capacity) // 0: no bound
        : capacity_(capacity == 0 ? std::numeric_limits<std::size_t>::max() : capacity) {}
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

class event {
  public:
    void wait() {
        while (!set_) {
            changed_.wait();
        }
    }
    void set() {
        set_ = true;
        changed_.broadcast();
    }

  private:
    condition changed_;
    bool set_ = false;
};

} // namespace peers::st
