// SPDX-License-Identifier: BSL-1.0
//
// call_once of <mutex>, between tasks of any loop and plain threads.
#pragma once

#include <weft/detail/export.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace weft::green {

// std::once_flag.
class WEFT_API once_flag {
  public:
    constexpr once_flag() noexcept = default;
    once_flag(const once_flag&) = delete;
    once_flag& operator=(const once_flag&) = delete;

  private:
    template <class F, class... Args>
    friend void call_once(once_flag& flag, F&& f, Args&&... args);

    bool is_done() const noexcept { return state_.load(std::memory_order_acquire) == done; }
    // True when the caller is the one to make the call; false when it has been made.
    bool begin();
    void end(bool made) noexcept;

    static constexpr std::uint64_t idle = 0;
    static constexpr std::uint64_t done = 1;
    // Otherwise the number of whoever makes the call.
    std::atomic<std::uint64_t> state_ = idle;
};

// Calls f(args...) unless that was done before; who comes meanwhile blocks until it is done. When f
// throws, so does this, and the next one calls f. Cancellable, for a task. Throws cancelled;
// std::system_error (resource_deadlock_would_occur) when f calls it with the same flag; not_in_task
// when it would block in a callback. std::call_once.
template <class F, class... Args>
void call_once(once_flag& flag, F&& f, Args&&... args) {
    if (flag.is_done() || !flag.begin()) {
        return;
    }
    struct ending {
        once_flag& flag;
        bool made = false;
        ~ending() { flag.end(made); }
    } call{flag};
    std::invoke(std::forward<F>(f), std::forward<Args>(args)...);
    call.made = true;
}

} // namespace weft::green
