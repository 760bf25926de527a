// SPDX-License-Identifier: BSL-1.0
//
// Items first in, first out, in blocks that are used again: in steady state nothing is allocated,
// and an item never moves between its coming and its going, so a throwing move loses nothing. (A
// std::deque frees and allocates a block every few items; a ring that grows moves all of them.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace weft::detail {

template <class T>
class fifo_storage {
  public:
    // `most`: the greatest number of items, 0 when it is not limited.
    explicit fifo_storage(std::size_t most) noexcept : most_spare_(most / block_length + 1) {}
    ~fifo_storage() {
        clear();
        free_chain(first_);
        free_chain(spare_);
    }
    fifo_storage(const fifo_storage&) = delete;
    fifo_storage& operator=(const fifo_storage&) = delete;

    // When it throws, nothing has changed.
    template <class U>
    void push(U&& item) {
        if (back_ == back_end_) [[unlikely]] {
            add_block();
        }
        std::construct_at(back_, std::forward<U>(item));
        ++back_;
    }
    // The next item to go; there must be one.
    T& next() noexcept { return *front_; }
    void drop() noexcept {
        std::destroy_at(front_);
        ++front_;
        if (front_ == back_) {
            front_ = back_ = last_->begin(); // empty: begin again in memory that is in the cache
        } else if (front_ == front_end_) [[unlikely]] {
            drop_block();
        }
    }
    void clear() noexcept {
        while (front_ != back_) {
            std::destroy_at(front_);
            if (++front_ == front_end_ && front_ != back_) {
                drop_block();
            }
        }
        if (last_ != nullptr) {
            front_ = back_ = last_->begin();
        }
    }

  private:
    static constexpr std::size_t block_length = std::max<std::size_t>(4, 1024 / sizeof(T));
    struct block {
        block* next = nullptr;
        alignas(T) std::byte items[block_length * sizeof(T)];
        T* begin() noexcept { return reinterpret_cast<T*>(items); }
        T* end() noexcept { return begin() + block_length; }
    };

    void add_block() {
        block* b = spare_;
        if (b != nullptr) {
            spare_ = b->next;
            --spares_;
            b->next = nullptr;
        } else {
            b = new block;
        }
        if (last_ != nullptr) {
            last_->next = b;
        } else {
            first_ = b;
            front_ = b->begin();
            front_end_ = b->end();
        }
        last_ = b;
        back_ = b->begin();
        back_end_ = b->end();
    }
    // The first block has been emptied, and another follows.
    void drop_block() noexcept {
        block* b = first_;
        first_ = b->next;
        front_ = first_->begin();
        front_end_ = first_->end();
        if (spares_ < most_spare_) {
            b->next = std::exchange(spare_, b);
            ++spares_;
        } else {
            delete b;
        }
    }
    static void free_chain(block* b) noexcept {
        while (b != nullptr) {
            delete std::exchange(b, b->next);
        }
    }

    T* front_ = nullptr; // the next item to go
    T* front_end_ = nullptr;
    T* back_ = nullptr; // where the next one comes
    T* back_end_ = nullptr;
    block* first_ = nullptr;
    block* last_ = nullptr;
    block* spare_ = nullptr;
    std::size_t spares_ = 0;
    const std::size_t most_spare_;
};

} // namespace weft::detail
