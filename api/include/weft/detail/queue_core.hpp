// SPDX-License-Identifier: BSL-1.0
//
// What the queues do besides keeping items: who waits, for what, and when the work is done. Counts
// items only. Not for use by programs.
//
// Invariant: of the items in the queue, getters_.promised() belong to getters that have been woken
// and have not run yet; the others may be taken by whoever comes, and no live getter waits while
// there are any. The same with free places and putters.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/hand_over_queue.hpp>
#include <weft/detail/wait_queue.hpp>

#include <cstddef>

namespace weft::detail {

class WEFT_API queue_core {
  public:
    queue_core(const queue_core&) = delete;
    queue_core& operator=(const queue_core&) = delete;

    // How many items are in the queue, those on their way to a woken getter included.
    std::size_t size() const {
        thread_.require("weft::queue::size");
        return size_;
    }
    bool empty() const { return size() == 0; }
    // 0: no limit.
    std::size_t maxsize() const noexcept { return maxsize_; }
    bool full() const { return maxsize_ != 0 && size() >= maxsize_; }

    // task_done says that the work on an item that was taken is done. Does not block. More often
    // than items were put: std::invalid_argument.
    void task_done();

    // join blocks until task_done() was called for every item put; if it was: returns at once,
    // without a switch. Cancellable: the waiter leaves. Throws cancelled, not_in_task,
    // no_running_loop.
    void join();

  protected:
    explicit queue_core(std::size_t maxsize) noexcept : maxsize_(maxsize) {}
    ~queue_core();

    // Whether an item (a place) may be taken now, without waiting. try_claim_place throws
    // queue_shutdown.
    bool try_claim_item(const char* call) const {
        thread_.require(call);
        return size_ > getters_.promised();
    }
    bool try_claim_place(const char* call) const {
        thread_.require(call);
        if (shut_down_) [[unlikely]] {
            throw_shut_down(call);
        }
        return maxsize_ == 0 || size_ + putters_.promised() < maxsize_;
    }
    // The same, but they block until it may. claim_item: false when the queue was shut down and is
    // empty.
    bool claim_item(const char* call) { return try_claim_item(call) || wait_for_item(call); }
    void claim_place(const char* call) {
        if (!try_claim_place(call)) {
            wait_for_place(call);
        }
    }
    // Called when the claim was used, or, because of an exception, was not.
    void item_put() noexcept {
        ++size_;
        ++unfinished_;
        getters_.offer();
    }
    void item_taken() noexcept {
        --size_;
        putters_.offer();
    }
    void item_not_taken() noexcept;
    void place_not_used() noexcept;

    // No item comes in any more. With `drop_items` none is counted any more either: the caller
    // destroys them.
    void close(bool drop_items);

    // Throws queue_shutdown when nothing will ever come.
    void require_open(const char* call) const {
        if (shut_down_) {
            throw_shut_down(call);
        }
    }
    [[noreturn]] static void throw_shut_down(const char* call);

  private:
    bool wait_for_item(const char* call);
    void wait_for_place(const char* call);
    void finish(std::size_t items) noexcept;

    std::size_t size_ = 0;
    std::size_t maxsize_;
    std::size_t unfinished_ = 0;
    own_thread thread_;
    bool shut_down_ = false;
    hand_over_queue getters_;
    hand_over_queue putters_;
    wait_queue joiners_;
};

} // namespace weft::detail
