// SPDX-License-Identifier: BSL-1.0
#include "api/waiting.hpp"

#include <weft/detail/queue_core.hpp>
#include <weft/errors.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft::detail {

queue_core::~queue_core() {
    getters_.require_idle("weft::queue");
    putters_.require_idle("weft::queue");
}

// Who was woken finds an item, or an end: woken for an item that a shutdown has dropped since, or
// by the shutdown itself.
bool queue_core::wait_for_item(const char* call) {
    if (shut_down_) {
        return false;
    }
    const wait_outcome outcome = getters_.wait(call, this, clock::time_point::max());
    if (outcome.end == wait_end::cancelled) {
        if (outcome.notified) {
            item_not_taken();
        }
        throw_cancelled_here();
    }
    return size_ != 0;
}

void queue_core::wait_for_place(const char* call) {
    const wait_outcome outcome = putters_.wait(call, this, clock::time_point::max());
    if (outcome.end == wait_end::cancelled) {
        if (outcome.notified) {
            place_not_used();
        }
        throw_cancelled_here();
    }
    if (shut_down_) {
        throw_shut_down(call);
    }
}

void queue_core::item_not_taken() noexcept {
    if (size_ > getters_.promised()) {
        getters_.offer();
    }
}

void queue_core::place_not_used() noexcept {
    if (size_ + putters_.promised() < maxsize_) {
        putters_.offer();
    }
}

void queue_core::close(bool drop_items) {
    thread_.require("weft::queue::shutdown");
    shut_down_ = true;
    if (drop_items) {
        const std::size_t dropped = size_;
        size_ = 0;
        finish(dropped < unfinished_ ? dropped : unfinished_);
    }
    while (getters_.offer() || putters_.offer()) {
    }
}

void queue_core::task_done() {
    thread_.require("weft::queue::task_done");
    if (unfinished_ == 0) {
        throw std::invalid_argument(
            "weft::queue::task_done: called more often than items were put; call it once for each "
            "item taken");
    }
    finish(1);
}

void queue_core::finish(std::size_t items) noexcept {
    unfinished_ -= items;
    if (unfinished_ == 0) {
        joiners_.notify_all();
    }
}

// Who has been woken does not look at the queue again: it may be gone.
void queue_core::join() {
    const char* call = "weft::queue::join";
    thread_.require(call);
    if (unfinished_ != 0 && joiners_.wait(call, this).end == wait_end::cancelled) {
        throw_cancelled_here();
    }
}

void queue_core::throw_shut_down(const char* call) {
    throw queue_shutdown(
        fmt::format("{}: the queue was shut down; it takes no more items, and what was in it has "
                    "been taken or dropped",
                    call));
}

} // namespace weft::detail
