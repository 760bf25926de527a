// SPDX-License-Identifier: BSL-1.0
#include "api/waiting.hpp"

#include <weft/semaphore.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft {

semaphore::semaphore(std::ptrdiff_t permits, std::ptrdiff_t most) : value_(permits), most_(most) {
    if (permits < 0) {
        throw std::invalid_argument(fmt::format(
            "weft::semaphore: {} permits to begin with; the number must not be negative", permits));
    }
}

void semaphore::release(std::ptrdiff_t k) {
    thread_.require("weft::semaphore::release");
    if (k < 0 || k > most_ - value_) {
        throw std::invalid_argument(
            fmt::format("weft::semaphore::release: {} permits with {} free of at most {}; release "
                        "only what was acquired",
                        k, value_, most_));
    }
    give(k);
}

void semaphore::give(std::ptrdiff_t k) noexcept {
    while (k > 0 && waiters_.offer()) {
        --k;
    }
    value_ += k;
}

bool semaphore::wait_for_permit(const char* call, clock::time_point deadline) {
    const detail::wait_outcome outcome = waiters_.wait(call, this, deadline);
    if (outcome.end == detail::wait_end::notified) {
        return true;
    }
    if (outcome.notified) {
        give(1);
    }
    if (outcome.end == detail::wait_end::cancelled) {
        detail::throw_cancelled_here();
    }
    return false;
}

} // namespace weft
