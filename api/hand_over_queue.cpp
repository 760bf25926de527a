// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/hand_over_queue.hpp>

namespace weft::detail {

bool hand_over_queue::offer_to_longest() noexcept {
    if (!queue_.notify_one()) {
        return false;
    }
    --waiting_;
    ++promised_;
    return true;
}

wait_outcome hand_over_queue::wait(const char* call, const void* object,
                                   clock::time_point deadline) {
    const auto& scheduler = require_running_task(call).loop()->scheduler();
    if (deadline != clock::time_point::max() && deadline <= scheduler.now()) {
        return {wait_end::timed_out, false};
    }
    ++waiting_;
    const wait_outcome outcome = queue_.wait(call, object, deadline);
    left(outcome.notified);
    return outcome;
}

void hand_over_queue::wait_without_cancel(const char* call, const void* object) {
    ++waiting_;
    queue_.wait_without_cancel(call, object);
    left(true);
}

} // namespace weft::detail
