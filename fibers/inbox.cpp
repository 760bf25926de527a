// SPDX-License-Identifier: BSL-1.0
#include "fibers/inbox.hpp"

#include <utility>

namespace weft::fibers {

letter* inbox::closed_mark() noexcept {
    static letter mark([](letter&) noexcept {});
    return &mark;
}

bool inbox::post(letter& l) noexcept {
    letter* newest = newest_.load(std::memory_order_relaxed);
    do {
        if (newest == closed_mark()) {
            return false;
        }
        l.next_ = newest;
    } while (!newest_.compare_exchange_weak(newest, &l, std::memory_order_seq_cst,
                                            std::memory_order_relaxed));
    // The lost wake-up window: the loop says it sleeps and then looks for letters; we leave a
    // letter and then look whether it sleeps. With both in one total order, at least one of us sees
    // the other.
    wake_sleeper();
    return true;
}

void inbox::wake_sleeper() noexcept {
    if (asleep_.load(std::memory_order_seq_cst) && asleep_.exchange(false)) {
        const std::lock_guard lock(port_mutex_);
        if (port_ != nullptr) {
            port_->wake();
        }
    }
}

void inbox::release() noexcept {
    if (holds_.fetch_sub(1, std::memory_order_seq_cst) == 1) {
        wake_sleeper(); // to find out whether anything else can still wake it
    }
}

bool inbox::deliver_in_order(letter* newest) noexcept {
    letter* oldest = nullptr;
    while (newest != nullptr) {
        letter* next = std::exchange(newest->next_, oldest);
        oldest = std::exchange(newest, next);
    }
    const bool any = oldest != nullptr;
    while (oldest != nullptr) {
        letter* l = std::exchange(oldest, oldest->next_);
        l->deliver_(*l);
    }
    return any;
}

bool inbox::drain() noexcept {
    letter* newest = newest_.load(std::memory_order_relaxed);
    if (newest == nullptr || newest == closed_mark()) {
        return false; // taking the mark away would open the inbox again
    }
    return deliver_in_order(newest_.exchange(nullptr, std::memory_order_acquire));
}

bool inbox::prepare_to_sleep(bool only_while_held) noexcept {
    asleep_.store(true, std::memory_order_seq_cst);
    if (newest_.load(std::memory_order_seq_cst) != nullptr ||
        (only_while_held && holds_.load(std::memory_order_seq_cst) == 0)) {
        asleep_.store(false, std::memory_order_relaxed);
        return false;
    }
    return true;
}

void inbox::awake() noexcept {
    asleep_.store(false, std::memory_order_relaxed);
}

void inbox::close() noexcept {
    if (newest_.load(std::memory_order_relaxed) == closed_mark()) {
        return;
    }
    deliver_in_order(newest_.exchange(closed_mark(), std::memory_order_acquire));
    const std::lock_guard lock(port_mutex_);
    port_ = nullptr;
}

} // namespace weft::fibers
