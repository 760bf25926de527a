// SPDX-License-Identifier: BSL-1.0
//
// What the tasks of this thread hold of objects whose holder libc knows by its thread alone:
// mutexes that are recursive or check for errors, and read-write locks held for writing. To libc
// all tasks of a thread are one holder, so a recursive mutex would be given to a second one while
// the first is suspended.
//
// Invariant: an entry is right as long as libc names this thread as the holder; the caller, who can
// ask libc, drops one for which that is no longer so. Entries of other threads are of no concern:
// to them the object is simply taken.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::interpose {

struct task_hold {
    const void* object;
    std::uint64_t task;
    unsigned depth; // how many times the task has it
};

class task_holds {
  public:
    // This thread's.
    static task_holds& here() noexcept;

    constexpr task_holds() noexcept = default;
    task_holds(const task_holds&) = delete;
    task_holds& operator=(const task_holds&) = delete;

    bool empty() const noexcept { return count_ == 0; }
    // Null: no task of this thread has it. Valid until the next change.
    task_hold* find(const void* object) noexcept;
    // Makes room for one add() that may come until unreserve(). False when there is no memory.
    [[nodiscard]] bool reserve() noexcept;
    void unreserve() noexcept { --reserved_; }
    // There is none yet, and there is room. Allocates nothing.
    void add(const void* object, std::uint64_t task) noexcept;
    void remove(const void* object) noexcept;

  private:
    std::size_t slot_of(const void* object) const noexcept;
    bool grow() noexcept;
    bool has_grown() const noexcept { return size_ > few; }

    // Open addressing; the size is a power of two, and at most half of it is used or reserved.
    // Trivially destructible: a thread-local destructor that runs later may still lock something.
    // What more than a few entries need goes with the last one.
    static constexpr std::size_t few = 8;
    task_hold* entries_ = nullptr;
    std::size_t size_ = 0;
    std::size_t count_ = 0;
    std::size_t reserved_ = 0;
    task_hold few_entries_[few] = {};
};

namespace inside {
inline thread_local constinit task_holds holds_of_this_thread;
} // namespace inside

inline task_holds& task_holds::here() noexcept {
    return inside::holds_of_this_thread;
}

} // namespace weft::interpose
