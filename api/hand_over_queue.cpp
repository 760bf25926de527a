// SPDX-License-Identifier: BSL-1.0
#include "api/waiting.hpp"

namespace weft::detail {

bool hand_over_queue::offer_to_longest() noexcept {
    if (!queue_.notify_one()) {
        return false;
    }
    --waiting_;
    ++promised_;
    return true;
}

void hand_over_queue::wait_without_cancel(const char* call, const void* object) {
    ++waiting_;
    queue_.wait_without_cancel(call, object);
    left(true);
}

} // namespace weft::detail
