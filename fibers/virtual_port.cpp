// SPDX-License-Identifier: BSL-1.0
#include "fibers/virtual_port.hpp"

#include <algorithm>
#include <utility>

namespace weft::fibers {

virtual_port::virtual_port(event_port* real)
    : real_(real), now_(real != nullptr ? real->now() : time_point{} + std::chrono::hours(1)) {}

void virtual_port::wait(time_point deadline) noexcept {
    if (poll()) {
        return;
    }
    if (deadline != never) {
        now_ = std::max(now_, deadline);
    } else {
        wait_outside(never);
    }
}

void virtual_port::wait_outside(time_point limit) noexcept {
    if (real_ != nullptr) {
        real_->wait(limit);
        return;
    }
    std::unique_lock lock(mutex_);
    const auto woken = [this] { return wake_pending_; };
    if (limit == never) {
        woken_.wait(lock, woken);
    } else {
        woken_.wait_until(lock, limit, woken);
    }
    wake_pending_ = false;
}

bool virtual_port::poll() noexcept {
    if (real_ != nullptr) {
        return real_->poll();
    }
    const std::lock_guard lock(mutex_);
    return std::exchange(wake_pending_, false);
}

void virtual_port::wake() noexcept {
    if (real_ != nullptr) {
        real_->wake();
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        wake_pending_ = true;
    }
    woken_.notify_one();
}

bool virtual_port::watching() const noexcept {
    return real_ != nullptr && real_->watching();
}

} // namespace weft::fibers
