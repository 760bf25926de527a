// SPDX-License-Identifier: BSL-1.0
//
// Items of the queues that do not keep their order: each has a node and stays in it, so that
// arranging the items moves pointers only. Nodes are used again; they are freed with the pool.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weft::detail {

template <class T>
class node_pool {
  public:
    struct node {
        node* next = nullptr;     // for who arranges them; in the pool: the next free one
        std::uint64_t number = 0; // counts the items up
        alignas(T) std::byte bytes[sizeof(T)];
        T& item() noexcept { return *reinterpret_cast<T*>(bytes); }
    };

    // When it throws, nothing has changed.
    template <class U>
    node* make(U&& item) {
        if (free_ == nullptr) {
            add_block();
        }
        std::construct_at(&free_->item(), std::forward<U>(item));
        node* n = std::exchange(free_, free_->next);
        n->number = ++made_;
        return n;
    }
    void destroy(node* n) noexcept {
        std::destroy_at(&n->item());
        n->next = std::exchange(free_, n);
    }

  private:
    using block = std::array<node, std::max<std::size_t>(4, 1024 / sizeof(node))>;

    void add_block() {
        blocks_.push_back(std::make_unique<block>());
        for (node& n : *blocks_.back()) {
            n.next = std::exchange(free_, &n);
        }
    }

    std::vector<std::unique_ptr<block>> blocks_;
    node* free_ = nullptr;
    std::uint64_t made_ = 0;
};

} // namespace weft::detail
