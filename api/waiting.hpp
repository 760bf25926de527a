// SPDX-License-Identifier: BSL-1.0
//
// The inside of wait_queue and hand_over_queue. Inline, because each return after a switch to
// another stack is one that the processor has not foreseen: between park() and the program there
// should be one call, not five.
#pragma once

#include "api/loop_core.hpp"
#include "api/report.hpp"
#include "fibers/wait_queue.hpp"

#include <weft/detail/hand_over_queue.hpp>
#include <weft/detail/wait_queue.hpp>

#include <new>

namespace weft::detail {

inline fibers::wait_queue& wait_queue::inside() noexcept {
    return *std::launder(reinterpret_cast<fibers::wait_queue*>(queue_));
}

inline const fibers::wait_queue& wait_queue::inside() const noexcept {
    return *std::launder(reinterpret_cast<const fibers::wait_queue*>(queue_));
}

[[gnu::always_inline]] inline wait_outcome wait_queue::wait(task_core& self, const char* call,
                                                            const void* object,
                                                            clock::time_point deadline,
                                                            wait_describer describe) {
    fibers::wait_site site{.operation = call, .object = object, .describe = describe};
    const auto result = inside().wait(self.loop()->scheduler(), site, deadline);
    switch (result.reason) {
    case fibers::wake_reason::cancelled:
        return {wait_end::cancelled, result.notified};
    case fibers::wake_reason::timed_out:
        return {wait_end::timed_out, false};
    default:
        return {wait_end::notified, true};
    }
}

[[gnu::always_inline]] inline wait_outcome wait_queue::wait(const char* call, const void* object,
                                                            clock::time_point deadline) {
    return wait(require_running_task(call), call, object, deadline, &describe_address);
}

// By the waiters' scheduler: also between two runs of its runner, when no loop is running.
inline bool wait_queue::notify_one() noexcept {
    if (inside().empty()) {
        return false;
    }
    const auto& longest = static_cast<const task_core&>(inside().longest_waiting());
    return inside().notify_one(longest.loop()->scheduler());
}

[[gnu::always_inline]] inline wait_outcome hand_over_queue::wait(const char* call,
                                                                 const void* object,
                                                                 clock::time_point deadline,
                                                                 wait_describer describe) {
    task_core& self = require_running_task(call);
    if (has_passed(deadline, self.loop()->scheduler())) {
        return {wait_end::timed_out, false};
    }
    ++waiting_;
    const wait_outcome outcome = queue_.wait(self, call, object, deadline, describe);
    left(outcome.notified);
    return outcome;
}

[[gnu::always_inline]] inline wait_outcome
hand_over_queue::wait(const char* call, const void* object, clock::time_point deadline) {
    return wait(call, object, deadline, &describe_address);
}

} // namespace weft::detail
