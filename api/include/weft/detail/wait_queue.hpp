// SPDX-License-Identifier: BSL-1.0
//
// The one kernel type that public headers hold: a FIFO of waiting tasks. Every primitive is a few
// words of state and one or two of these. Not for use by programs.
//
// Invariant: a notification reaches a task that is really waiting, or nobody. A task that was
// notified and then cancelled in the same turn learns both (`cancelled` with `notified`), and
// whoever called wait() must pass on what the notification stood for.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/this_thread.hpp>

#include <cstddef>

namespace weft::fibers {
class wait_queue;
struct wait_site;
} // namespace weft::fibers

namespace weft::detail {

class task_core; // private to the library

// Writes what a task waits for, for reports, and returns the length.
using wait_describer = std::size_t (*)(const fibers::wait_site& site, char* out,
                                       std::size_t size) noexcept;

enum class wait_end : unsigned char { notified, timed_out, cancelled };

struct wait_outcome {
    wait_end end;
    bool notified; // also true for a cancel that came after the notification
};

// What is declared inline here is defined inside the library.
class WEFT_API wait_queue {
  public:
    wait_queue() noexcept;
    // Aborts with a message when somebody waits: their stacks refer to what is being destroyed. Who
    // was notified and has not run yet does not count: wait() touches the queue no more.
    ~wait_queue();
    wait_queue(const wait_queue&) = delete;
    wait_queue& operator=(const wait_queue&) = delete;

    bool empty() const noexcept;

    // Parks the running task behind the others. Throws no_running_loop and not_in_task, naming the
    // call; a cancel is told, not thrown. With a cancel pending it returns at once.
    inline wait_outcome wait(const char* call, const void* object,
                             clock::time_point deadline = clock::time_point::max());
    // The same for the running task, when that is known already.
    inline wait_outcome wait(task_core& self, const char* call, const void* object,
                             clock::time_point deadline, wait_describer describe);
    // The same, but a cancel of the waiter is kept for its next blocking call.
    void wait_without_cancel(const char* call, const void* object);

    // Wakes the one that has waited longest; false when nobody waits.
    inline bool notify_one() noexcept;
    void notify_all() noexcept;

  private:
    inline fibers::wait_queue& inside() noexcept;
    inline const fibers::wait_queue& inside() const noexcept;

    alignas(void*) std::byte queue_[2 * sizeof(void*)];
};

// Ends the process: `kind`, such as "weft::mutex", was destroyed while tasks wait for it.
[[noreturn]] WEFT_API void abort_destroyed(const char* kind) noexcept;

// The point at which a wait of `d` that starts now ends: the end of time when it is too long to
// add.
WEFT_API clock::time_point deadline_after(clock::duration d, const char* call);

// Ties an object to the thread that uses it first; another one gets wrong_loop, naming the call.
class WEFT_API own_thread {
  public:
    void require(const char* call) const {
        if (thread_ != this_thread()) [[unlikely]] {
            adopt_or_throw(call);
        }
    }

  private:
    void adopt_or_throw(const char* call) const;
    mutable const void* thread_ = nullptr;
};

} // namespace weft::detail
