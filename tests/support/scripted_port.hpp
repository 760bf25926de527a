// SPDX-License-Identifier: BSL-1.0
//
// An event port that does what the test says, and by default nothing: its functions are where a
// test can put an event into a window that is otherwise a matter of luck.
#pragma once

#include "fibers/event_port.hpp"

#include <chrono>
#include <functional>

namespace weft::test {

class scripted_port final : public fibers::event_port {
  public:
    fibers::time_point time{std::chrono::hours(1)};
    bool watches = false;

    std::function<void()> on_now;
    std::function<void(fibers::time_point)> on_wait; // default: the clock jumps to the deadline
    std::function<bool()> on_poll;
    std::function<void()> on_wake;
    std::function<void()> on_watching;
    int waits = 0;
    int polls = 0;

    fibers::time_point now() const noexcept override {
        if (on_now) {
            on_now();
        }
        return time;
    }
    void wait(fibers::time_point deadline) noexcept override {
        ++waits;
        if (on_wait) {
            on_wait(deadline);
        } else if (deadline != fibers::never && deadline > time) {
            time = deadline;
        }
    }
    bool poll() noexcept override {
        ++polls;
        return on_poll && on_poll();
    }
    void wake() noexcept override {
        if (on_wake) {
            on_wake();
        }
    }
    bool watching() const noexcept override {
        if (on_watching) {
            on_watching();
        }
        return watches;
    }
};

} // namespace weft::test
