// SPDX-License-Identifier: BSL-1.0
//
// Items smallest first, equal ones in the order of their coming: a binary heap of pointers. Every
// comparison comes before the first change, so one that throws changes nothing.
#pragma once

#include <weft/detail/node_pool.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weft::detail {

template <class T, class Compare>
class heap_storage {
  public:
    explicit heap_storage(Compare less) : less_(std::move(less)) {}
    ~heap_storage() { clear(); }
    heap_storage(const heap_storage&) = delete;
    heap_storage& operator=(const heap_storage&) = delete;

    // When it throws, nothing has changed.
    template <class U>
    void push(U&& item) {
        heap_.reserve(grown(heap_.size() + 1));
        node* n = pool_.make(std::forward<U>(item));
        std::size_t at = heap_.size();
        try {
            while (at != 0 && before(n, heap_[parent(at)])) {
                at = parent(at);
            }
        } catch (...) {
            pool_.destroy(n);
            throw;
        }
        std::size_t hole = heap_.size();
        heap_.push_back(n);
        for (; hole != at; hole = parent(hole)) {
            heap_[hole] = heap_[parent(hole)];
        }
        heap_[at] = n;
    }
    // The smallest item; there must be one. Then drop() takes it out.
    T& next() {
        const std::size_t count = heap_.size() - 1;
        node* const moved = heap_.back(); // into the place that gets free
        way_ = 1;
        for (std::size_t at = 0; 2 * at + 1 < count;) {
            const std::size_t left = 2 * at + 1;
            const bool right = left + 1 < count && before(heap_[left + 1], heap_[left]);
            at = left + (right ? 1 : 0);
            if (!before(heap_[at], moved)) {
                break;
            }
            way_ = 2 * way_ + (right ? 1 : 0);
        }
        return heap_.front()->item();
    }
    void drop() noexcept {
        pool_.destroy(heap_.front());
        std::size_t hole = 0;
        for (std::uint64_t bit = std::bit_floor(way_) >> 1; bit != 0; bit >>= 1) {
            const std::size_t child = 2 * hole + 1 + ((way_ & bit) != 0 ? 1 : 0);
            heap_[hole] = heap_[child];
            hole = child;
        }
        heap_[hole] = heap_.back();
        heap_.pop_back();
    }
    void clear() noexcept {
        for (node* n : heap_) {
            pool_.destroy(n);
        }
        heap_.clear();
    }

  private:
    using node = typename node_pool<T>::node;

    static std::size_t parent(std::size_t i) noexcept { return (i - 1) / 2; }
    // What to reserve for that many: not one more each time.
    std::size_t grown(std::size_t count) const noexcept {
        return count <= heap_.capacity() ? count : 2 * count;
    }
    bool before(node* a, node* b) {
        if (less_(std::as_const(a->item()), std::as_const(b->item()))) {
            return true;
        }
        return a->number < b->number && !less_(std::as_const(b->item()), std::as_const(a->item()));
    }

    node_pool<T> pool_;
    std::vector<node*> heap_;
    // How the heap closes after drop(): which child comes up, one bit a level below the highest one
    // that is set.
    std::uint64_t way_ = 1;
    [[no_unique_address]] Compare less_;
};

} // namespace weft::detail
