// SPDX-License-Identifier: BSL-1.0
//
// Who waits at which address: a table of buckets for the whole process, constant-initialized and
// never destroyed. The waiters of one address make a ring, in the order of their coming; the first
// ones of the addresses that share a bucket make a list. So what one address costs does not depend
// on how many wait at another one.
//
// Invariant: everything about the waiters of an address is read and written with its bucket locked;
// the lock is held for a few instructions, and never across a switch.
#pragma once

#include <weft/detail/this_thread.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <time.h>

namespace weft::detail {

// One wait, on the waiting stack.
class parked {
  public:
    parked(const void* where, std::uintptr_t with_token) noexcept
        : address(where), token(with_token) {}
    parked(const parked&) = delete;
    parked& operator=(const parked&) = delete;

    // Called once, when it has left its bucket for good; may end its life.
    virtual void wake() noexcept = 0;

    const void* const address;
    const std::uintptr_t token;
    const void* const thread = this_thread();
    std::uintptr_t message = 0;
    bool queued = false;

    // The bucket's links. `next` is in the ring, and afterwards among those that are to be woken.
    parked* next = nullptr;
    parked* previous = nullptr;
    parked* next_address = nullptr; // of the first one in a ring

  protected:
    ~parked() = default;
};

// Between threads, without a system call unless there is a conflict. Not std::mutex, whose calls
// may be led here by whoever stands in for the C library's.
class brief_lock {
  public:
    constexpr brief_lock() noexcept = default;
    void lock() noexcept;
    void unlock() noexcept;
    // For the child of a fork: whoever held it does not exist there.
    bool taken() const noexcept { return word_.load(std::memory_order_relaxed) != 0; }
    void forget() noexcept { word_.store(0, std::memory_order_relaxed); }

  private:
    std::atomic<std::uint32_t> word_ = 0; // 0 free, 1 locked, 2 locked and somebody sleeps
};

class alignas(64) parking_bucket {
  public:
    constexpr parking_bucket() noexcept = default;

    static parking_bucket& of(const void* address) noexcept;

    // Adds a waiter if `still_wanted`, which is asked with the bucket locked.
    bool append_if(parked& waiter, bool (*still_wanted)(void*) noexcept, void* context) noexcept;
    // False when a waker has taken it out.
    bool withdraw(parked& waiter) noexcept;

    // For wakers, between lock() and unlock().
    void lock() noexcept { lock_.lock(); }
    void unlock() noexcept { lock_.unlock(); }
    // The longest waiting one at the address, or null.
    parked* first(const void* address) const noexcept;
    void remove(parked& waiter) noexcept;

    static bool any_waiter() noexcept { return waiters_.load(std::memory_order_relaxed) != 0; }

  private:
    struct fork_handler;
    void append(parked& waiter) noexcept;

    brief_lock lock_;
    parked* first_ = nullptr;

    static constexpr int size_log = 12;
    static std::array<parking_bucket, std::size_t{1} << size_log> table_;
    // Counted from before they look for the last time.
    static std::atomic<std::size_t> waiters_;
};

// The kernel's wait for a word of this process, also where the C library's calls are led here.
// Sleeps while the word is `expected`, at most until the deadline (of the steady clock; null:
// none); may return for no reason. Both keep errno.
void sleep_on(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
              const timespec* deadline) noexcept;
void wake_one_on(const std::atomic<std::uint32_t>& word) noexcept;

} // namespace weft::detail
