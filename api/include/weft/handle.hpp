// SPDX-License-Identifier: BSL-1.0
//
// A callback that the loop has been asked to call, for calling it off.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/export.hpp>

#include <memory>
#include <utility>

namespace weft {

namespace detail {
class scheduled_call;
}

// Copyable; copies mean the same callback. Dropping a handle changes nothing. May outlive its loop.
// Its members throw wrong_loop on another thread than the loop's, and invalid_state on a handle
// that was default-constructed or moved from. asyncio.Handle, asyncio.TimerHandle.
class WEFT_API handle {
  public:
    handle() noexcept = default;
    explicit handle(std::shared_ptr<detail::scheduled_call> call) noexcept
        : call_(std::move(call)) {}

    // The callback will not run, even if its turn was next, and is destroyed at once. Without
    // effect once it has run.
    void cancel();
    // Whether cancel() was called.
    bool cancelled() const;
    // When the callback is due; clock::time_point::min() for one that was to run as soon as
    // possible.
    clock::time_point when() const;

  private:
    detail::scheduled_call& call(const char* name) const;
    std::shared_ptr<detail::scheduled_call> call_;
};

} // namespace weft
