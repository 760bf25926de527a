// SPDX-License-Identifier: BSL-1.0
//
// Memory of ended tasks, kept for the next ones: a loop that spawns and joins does not go through
// malloc. By size classes of 16 bytes, a bounded number of blocks each; larger tasks use malloc.
// Belongs to one loop.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace weft::detail {

class block_cache {
  public:
    block_cache() = default;
    ~block_cache() {
        for (free_list& list : lists_) {
            while (list.first != nullptr) {
                ::operator delete(list.pop());
            }
        }
    }
    block_cache(const block_cache&) = delete;
    block_cache& operator=(const block_cache&) = delete;

    // Null when there is no memory.
    void* allocate(std::size_t size) noexcept {
        const std::size_t c = class_of(size);
        if (c >= classes) {
            return ::operator new(size, std::nothrow);
        }
        free_list& list = lists_[c];
        return list.first != nullptr ? list.pop() : ::operator new((c + 1) * step, std::nothrow);
    }

    // Throws std::bad_alloc.
    void* allocate_or_throw(std::size_t size) {
        void* memory = allocate(size);
        if (memory == nullptr) {
            throw std::bad_alloc();
        }
        return memory;
    }

    void free(void* memory, std::size_t size) noexcept {
        const std::size_t c = class_of(size);
        if (c < classes && lists_[c].length < most_kept) {
            lists_[c].push(memory);
        } else {
            ::operator delete(memory);
        }
    }

  private:
    static constexpr std::size_t step = 16;
    static constexpr std::size_t classes = 64; // up to 1 KiB
    static constexpr std::size_t most_kept = 1024;

    static std::size_t class_of(std::size_t size) noexcept { return (size - 1) / step; }

    struct block {
        block* next;
    };
    struct free_list {
        block* first = nullptr;
        std::size_t length = 0;

        void push(void* memory) noexcept {
            first = ::new (memory) block{first};
            ++length;
        }
        void* pop() noexcept {
            block* b = first;
            first = b->next;
            --length;
            return b;
        }
    };
    std::array<free_list, classes> lists_;
};

} // namespace weft::detail
