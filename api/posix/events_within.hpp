// SPDX-License-Identifier: BSL-1.0
//
// What poll() and epoll_wait() have in common: look, wait until there may be something, look again,
// until there is or the time is up.
#pragma once

#include "api/loop_core.hpp"
#include "api/posix/let_through.hpp"
#include "api/posix/suspended_call.hpp"

#include <optional>

#include <signal.h>

namespace weft::detail {

// look(mask) asks the kernel without waiting: how many events there are, or -1. prepare(call) makes
// what has wait(deadline). No limit: for ever.
template <class Look, class Prepare>
int events_within(const char* name, std::optional<fibers::clock::duration> limit,
                  const sigset_t* mask, Look&& look, Prepare&& prepare) noexcept {
    int found = look(mask);
    if (found != 0) {
        return found;
    }
    suspended_call call(name, suspended_call::restart::no);
    if (limit && *limit <= fibers::clock::duration::zero()) {
        call.give_up_turn();
        return 0;
    }
    const fibers::time_point deadline = limit ? call.deadline_after(*limit) : fibers::never;
    const let_through signals(call.loop().interruption(), mask);
    auto awaited = prepare(call);
    for (;;) {
        const auto result = awaited.wait(deadline);
        if (result == suspended_call::result::failed) {
            return -1;
        }
        found = look(nullptr);
        if (found != 0 || result == suspended_call::result::timed_out) {
            return found;
        }
    }
}

} // namespace weft::detail
