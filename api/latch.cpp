// SPDX-License-Identifier: BSL-1.0
#include "api/waiting.hpp"

#include <weft/latch.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft {

latch::latch(std::ptrdiff_t expected) : left_(expected) {
    if (expected < 0) {
        throw std::invalid_argument(
            fmt::format("weft::latch: a count of {}; it must not be negative", expected));
    }
}

void latch::require_countable(std::ptrdiff_t n, const char* call) const {
    thread_.require(call);
    if (n < 0 || n > left_) {
        throw std::invalid_argument(
            fmt::format("{}: by {} with {} left; count each arrival once", call, n, left_));
    }
}

void latch::subtract(std::ptrdiff_t n) noexcept {
    left_ -= n;
    if (left_ == 0) {
        waiters_.notify_all();
    }
}

void latch::count_down(std::ptrdiff_t n) {
    require_countable(n, "weft::latch::count_down");
    subtract(n);
}

bool latch::try_wait() const {
    thread_.require("weft::latch::try_wait");
    return left_ == 0;
}

void latch::wait() const {
    thread_.require("weft::latch::wait");
    wait_for_zero("weft::latch::wait");
}

void latch::arrive_and_wait(std::ptrdiff_t n) {
    const char* call = "weft::latch::arrive_and_wait";
    require_countable(n, call);
    if (n < left_) {
        detail::require_running_task(call); // or nothing is counted
    }
    subtract(n);
    wait_for_zero(call);
}

// Who has been woken does not look at the latch again: it may be gone.
void latch::wait_for_zero(const char* call) const {
    if (left_ != 0 && waiters_.wait(call, this).end == detail::wait_end::cancelled) {
        detail::throw_cancelled_here();
    }
}

} // namespace weft
