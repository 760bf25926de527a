// SPDX-License-Identifier: BSL-1.0
#include "api/parking_table.hpp"

#include <cerrno>
#include <linux/futex.h>
#include <mutex>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weft::detail {

constinit std::array<parking_bucket, std::size_t{1} << parking_bucket::size_log>
    parking_bucket::table_{};
alignas(64) constinit std::atomic<std::size_t> parking_bucket::waiters_ = 0;

// --- the kernel ---

void sleep_on(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
              const timespec* deadline) noexcept {
    const int error_number = errno;
    ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, nullptr,
              FUTEX_BITSET_MATCH_ANY);
    errno = error_number;
}

void wake_one_on(const std::atomic<std::uint32_t>& word) noexcept {
    const int error_number = errno;
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    errno = error_number;
}

void brief_lock::lock() noexcept {
    std::uint32_t seen = 0;
    if (word_.compare_exchange_strong(seen, 1, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        return;
    }
    while (word_.exchange(2, std::memory_order_acquire) != 0) {
        sleep_on(word_, 2, nullptr);
    }
}

void brief_lock::unlock() noexcept {
    if (word_.exchange(0, std::memory_order_release) == 2) {
        wake_one_on(word_);
    }
}

// --- the table ---

parking_bucket& parking_bucket::of(const void* address) noexcept {
    // Addresses differ in their middle bits; the product carries these to its top.
    const std::uint64_t mixed = reinterpret_cast<std::uintptr_t>(address) * 0x9E3779B97F4A7C15U;
    return table_[mixed >> (64 - size_log)];
}

parked* parking_bucket::first(const void* address) const noexcept {
    parked* found = first_;
    while (found != nullptr && found->address != address) {
        found = found->next_address;
    }
    return found;
}

bool parking_bucket::append_if(parked& waiter, bool (*still_wanted)(void*) noexcept,
                               void* context) noexcept {
    const std::lock_guard guard(lock_);
    waiters_.fetch_add(1, std::memory_order_seq_cst);
    if (!still_wanted(context)) {
        waiters_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    append(waiter);
    return true;
}

bool parking_bucket::withdraw(parked& waiter) noexcept {
    const std::lock_guard guard(lock_);
    if (!waiter.queued) {
        return false;
    }
    remove(waiter);
    return true;
}

void parking_bucket::append(parked& waiter) noexcept {
    waiter.queued = true;
    if (parked* front = first(waiter.address)) {
        waiter.next = front;
        waiter.previous = front->previous;
        front->previous->next = &waiter;
        front->previous = &waiter;
    } else {
        waiter.next = waiter.previous = &waiter;
        waiter.next_address = first_;
        first_ = &waiter;
    }
}

void parking_bucket::remove(parked& waiter) noexcept {
    waiter.queued = false;
    waiters_.fetch_sub(1, std::memory_order_relaxed);
    parked** link = &first_;
    while ((*link)->address != waiter.address) {
        link = &(*link)->next_address;
    }
    if (*link == &waiter) {
        if (waiter.next == &waiter) {
            *link = waiter.next_address;
            return;
        }
        waiter.next->next_address = waiter.next_address;
        *link = waiter.next;
    }
    waiter.next->previous = waiter.previous;
    waiter.previous->next = waiter.next;
}

// --- fork ---

// The child of a fork has one thread, and that one waits nowhere; the others' waits, and the locks
// that they held, are not there.
struct parking_bucket::fork_handler {
    fork_handler() noexcept { ::pthread_atfork(nullptr, nullptr, &forget_all); }

    static void forget_all() noexcept {
        for (parking_bucket& b : table_) {
            if (b.first_ != nullptr || b.lock_.taken()) { // the others stay the parent's pages
                b.lock_.forget();
                b.first_ = nullptr;
            }
        }
        waiters_.store(0, std::memory_order_relaxed);
    }

    static const fork_handler installed;
};

const parking_bucket::fork_handler parking_bucket::fork_handler::installed;

} // namespace weft::detail
