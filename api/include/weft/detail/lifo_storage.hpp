// SPDX-License-Identifier: BSL-1.0
//
// Items last in, first out. An item that has come never moves before it goes.
#pragma once

#include <weft/detail/node_pool.hpp>

#include <cstddef>
#include <utility>

namespace weft::detail {

template <class T>
class lifo_storage {
  public:
    lifo_storage() noexcept = default;
    ~lifo_storage() { clear(); }
    lifo_storage(const lifo_storage&) = delete;
    lifo_storage& operator=(const lifo_storage&) = delete;

    // When it throws, nothing has changed.
    template <class U>
    void push(U&& item) {
        node* n = pool_.make(std::forward<U>(item));
        n->next = std::exchange(top_, n);
    }
    // The item that came last; there must be one.
    T& next() noexcept { return top_->item(); }
    void drop() noexcept {
        node* n = std::exchange(top_, top_->next);
        pool_.destroy(n);
    }
    void clear() noexcept {
        while (top_ != nullptr) {
            drop();
        }
    }

  private:
    using node = typename node_pool<T>::node;

    node_pool<T> pool_;
    node* top_ = nullptr;
};

} // namespace weft::detail
