// SPDX-License-Identifier: BSL-1.0
//
// Virtual time: the clock stands still while anything can run and jumps to the next deadline when
// nothing can. It sits in front of the real port, if there is one, and asks that first: data that
// has arrived comes before a jump. While another thread works for the loop, the scheduler asks for
// a real sleep instead: its answer comes before any deadline. Without a real port it makes the
// kernel testable with no reactor in the process.
#pragma once

#include "fibers/event_port.hpp"

#include <condition_variable>
#include <mutex>

namespace weft::fibers {

class virtual_port final : public event_port {
  public:
    explicit virtual_port(event_port* real = nullptr);

    time_point now() const noexcept override { return now_; }
    void wait(time_point deadline) noexcept override;
    void wait_outside(time_point limit) noexcept override;
    bool poll() noexcept override;
    void wake() noexcept override;
    bool watching() const noexcept override;

    // Moves the clock by hand, for tests that step it.
    void advance(clock::duration by) noexcept { now_ += by; }

  private:
    event_port* real_;
    time_point now_;
    std::mutex mutex_; // only used without a real port: what another thread's wake() ends
    std::condition_variable woken_;
    bool wake_pending_ = false;
};

} // namespace weft::fibers
