// SPDX-License-Identifier: BSL-1.0
//
// How a task waits for something that libc can only try or block the thread for: a mutex, a
// read-write lock, a semaphore. libc's object stays the truth, so threads that wait for it in libc
// are not concerned; the task tries, and parks at the object's address until somebody has released
// it.
//
// Who releases something wakes the one that has waited longest, which tries again. One that has
// been woken in vain is not woken so a second time: who releases makes its attempt for it.
// Otherwise a task that releases a lock and takes it again before it suspends would keep the other
// tasks of its thread away from it for ever. And if every release were such a present, tasks that
// try for a second lock and let go of the first, as std::lock() does, could hand both round for
// ever.
#pragma once

#include "interpose/threads/parked_call.hpp"

#include <weft/clock.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weft::interpose {

// What is waited for. Counted apart, so that tasks which wait for one kind, idle workers at a
// semaphore for one, cost nothing to those who release another.
enum class claimed : std::uint8_t { mutex, rwlock, semaphore, other };

// One task's wish to have the object at `address`; on its stack.
class claim {
  public:
    claim(claimed kind, const char* call, const void* address) noexcept
        : kind(kind), call(call), address(address) {}
    claim(const claim&) = delete;
    claim& operator=(const claim&) = delete;

    // Without waiting: 0 when it has it, an error number when it is not to have it, EBUSY when it
    // has to wait. Keeps errno.
    virtual int attempt() noexcept = 0;
    // Others are to have it first, though it could be had: as long as that is so, no attempt is
    // made on the way to sleep. When it ceases to be so, somebody calls released().
    virtual bool lets_others_first() const noexcept { return false; }
    // Several may have it at the same time, so all that can are let in together.
    virtual bool is_shared() const noexcept { return false; }
    // libc notes which thread has it, so no other thread can make the attempt.
    virtual bool is_for_thread() const noexcept { return true; }
    // A cancel of the task, which stays pending, ends the wait (ECANCELED). Otherwise it goes on.
    virtual bool fails_when_cancelled() const noexcept { return false; }
    // Somebody may release it by a way that does not lead through here.
    virtual bool may_be_released_unseen() const noexcept { return false; }

    const claimed kind;
    const char* const call;
    const void* const address;
    bool was_passed_over = false; // woken, and then somebody else had it

  protected:
    ~claim() = default;
};

// Waits until the attempt is decided or the time has come (ETIMEDOUT). On a task that may suspend.
int wait_for(claim& c, weft::clock::time_point deadline);

// Whether any task waits for such a thing; asked right after the release of one it does not miss a
// task that saw it taken.
inline bool anyone_claims(claimed kind) noexcept;

// The object was released, once or more. thread_waits: a thread waits for it in libc; then it is
// not given away behind the thread's back, and both try. Not in a signal handler.
void released(const void* address, bool thread_waits) noexcept;
// The mutex is about to be released by a call of libc's on this thread.
void about_to_be_released(const void* mutex) noexcept;

// --- inside ---

extern constinit std::array<waiting_count, 4> waiting_claims;

inline bool anyone_claims(claimed kind) noexcept {
    // The releasing instruction is a full barrier on x86; elsewhere it need not be one.
#if defined(__x86_64__) || defined(__i386__)
    std::atomic_signal_fence(std::memory_order_seq_cst);
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
    return waiting_claims[static_cast<std::size_t>(kind)].any();
}

} // namespace weft::interpose
