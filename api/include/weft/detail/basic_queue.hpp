// SPDX-License-Identifier: BSL-1.0
//
// What weft::queue, lifo_queue and priority_queue have in common: all but the order of the items,
// which the storage decides. The way without waiting is inline.
#pragma once

#include <weft/detail/queue_core.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft::detail {

template <class T, class Storage>
class basic_queue : public queue_core {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a queue of plain values");

  public:
    using value_type = T;
    class iterator;

    // put blocks while the queue is full, then adds the item; not full: at once, without a switch.
    // An item that is not added, because of a cancel or another error, is left as it was.
    // Cancellable: the waiter leaves, and a place that had been kept for it goes to the next.
    // Throws queue_shutdown after shutdown(), also when that comes while it waits; cancelled,
    // not_in_task, no_running_loop.
    void put(T&& item) {
        this->claim_place("weft::queue::put");
        add(std::move(item));
    }
    void put(const T& item) requires std::copy_constructible<T> {
        this->claim_place("weft::queue::put");
        add(item);
    }

    // get takes the next item, blocking while there is none; if there is: at once, without a
    // switch. Cancellable: the waiter leaves, and an item that had been kept for it goes to the
    // next or stays. Throws queue_shutdown after shutdown(), when the queue is empty; cancelled,
    // not_in_task, no_running_loop.
    T get() {
        const char* call = "weft::queue::get";
        if (!this->claim_item(call)) {
            this->throw_shut_down(call);
        }
        return take();
    }

    // Put and get without blocking: false, and the item is left as it was, when no place is free;
    // nothing when there is no item. What waiting tasks have been woken for is theirs, and counts
    // neither as free place nor as item. Throw queue_shutdown as put and get do.
    bool try_put(T&& item) {
        if (!this->try_claim_place("weft::queue::try_put")) {
            return false;
        }
        add(std::move(item));
        return true;
    }
    bool try_put(const T& item) requires std::copy_constructible<T> {
        if (!this->try_claim_place("weft::queue::try_put")) {
            return false;
        }
        add(item);
        return true;
    }
    std::optional<T> try_get() {
        const char* call = "weft::queue::try_get";
        if (!this->try_claim_item(call)) {
            this->require_open(call);
            return std::nullopt;
        }
        return take([](T&& item) { return std::optional<T>(std::move(item)); });
    }

    // shutdown lets no more items in: put throws queue_shutdown at once, get when the queue is
    // empty; who waits in either is woken. With `immediate` the items that are left are dropped,
    // each as if task_done() had been called for it. Does not block; may be called again.
    void shutdown(bool immediate = false) {
        this->close(immediate);
        if (immediate) {
            storage_.clear();
        }
    }

    // For range-for: each step is a get(), until the queue is shut down and empty. The item is the
    // loop's own until the next step.
    iterator begin() { return iterator(*this); }
    std::default_sentinel_t end() const noexcept { return std::default_sentinel; }

  protected:
    template <class... Args>
    explicit basic_queue(std::size_t maxsize, Args&&... args)
        : queue_core(maxsize), storage_(std::forward<Args>(args)...) {}
    ~basic_queue() = default;

  private:
    // The place that a task may use now; offered to the next when it did not.
    class place_in_hand {
      public:
        explicit place_in_hand(basic_queue& queue) noexcept : queue_(queue) {}
        ~place_in_hand() { used_ ? queue_.item_put() : queue_.place_not_used(); }
        place_in_hand(const place_in_hand&) = delete;
        place_in_hand& operator=(const place_in_hand&) = delete;
        void use() noexcept { used_ = true; }

      private:
        basic_queue& queue_;
        bool used_ = false;
    };

    template <class U>
    void add(U&& item) {
        place_in_hand place(*this);
        storage_.push(std::forward<U>(item));
        place.use();
    }

    // The item that a task may take now. Its end takes it out or, when an exception ends it, offers
    // it to the next.
    class item_in_hand {
      public:
        explicit item_in_hand(basic_queue& queue) noexcept : queue_(queue) {}
        ~item_in_hand() {
            if (can_throw && std::uncaught_exceptions() > exceptions_before_) {
                queue_.item_not_taken();
            } else {
                queue_.storage_.drop();
                queue_.item_taken();
            }
        }
        item_in_hand(const item_in_hand&) = delete;
        item_in_hand& operator=(const item_in_hand&) = delete;

      private:
        static constexpr bool can_throw =
            !std::is_nothrow_move_constructible_v<T> || !noexcept(std::declval<Storage&>().next());
        basic_queue& queue_;
        int exceptions_before_ = can_throw ? std::uncaught_exceptions() : 0;
    };

    // What `make` makes of the next item. Returned as it is made: a value with a name may be moved
    // once more on its way out, which could throw with the item gone.
    template <class Make>
    auto take(Make make) {
        const item_in_hand item(*this);
        return make(std::move(storage_.next()));
    }
    T take() {
        return take([](T&& item) { return T(std::move(item)); });
    }

    Storage storage_;
};

template <class T, class Storage>
class basic_queue<T, Storage>::iterator {
  public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    T& operator*() const noexcept { return *item_; }
    T* operator->() const noexcept { return &*item_; }
    iterator& operator++() {
        item_.reset();
        if (queue_->claim_item("weft::queue::get")) {
            queue_->take([this](T&& item) { return &item_.emplace(std::move(item)); });
        }
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept {
        return !i.item_.has_value();
    }

  private:
    friend class basic_queue;
    explicit iterator(basic_queue& queue) : queue_(&queue) { ++*this; }

    basic_queue* queue_;
    mutable std::optional<T> item_;
};

} // namespace weft::detail
