// SPDX-License-Identifier: BSL-1.0
//
// How a task waits inside one of pthread's calls: parked at the object's address. Those calls do
// not fail because the task was cancelled; the cancel stays for the task's next blocking call.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/parking.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weft::interpose {

using weft::detail::park_end;
using weft::detail::park_result;

inline weft::detail::parking_place
place_of(const char* call, const void* object,
         weft::clock::time_point deadline = weft::clock::time_point::max(),
         std::uintptr_t token = 0) noexcept {
    weft::detail::parking_place place{call, object, deadline, token};
    place.keep_cancels = true;
    return place;
}

// Ends the wait early, for no reason, where somebody of whom nobody here is told may change the
// object. Virtual time goes on meanwhile.
void look_again_after(weft::clock::duration span, weft::detail::parking_place& place);

// How many tasks wait for one kind of thing, so that who changes one knows in one load whether
// anybody cares.
class waiting_count {
  public:
    constexpr waiting_count() noexcept = default;

    // From before a waiter's last look at the object to the end of its wait.
    class scope {
      public:
        explicit scope(waiting_count& c) noexcept : count_(c.count_) {
            count_.fetch_add(1, std::memory_order_seq_cst);
        }
        ~scope() { count_.fetch_sub(1, std::memory_order_relaxed); }
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;

      private:
        std::atomic<std::size_t>& count_;
    };

    // Called after a change that was, or was followed by, a full barrier, it misses nobody whose
    // last look came before the change.
    bool any() const noexcept { return count_.load(std::memory_order_relaxed) != 0; }
    // The same, after a change that was none: it is one itself.
    bool any_behind_barrier() noexcept {
        return count_.fetch_add(0, std::memory_order_seq_cst) != 0;
    }

  private:
    std::atomic<std::size_t> count_ = 0;
};

} // namespace weft::interpose
