// SPDX-License-Identifier: BSL-1.0
//
// Calls that have a form which does not wait, and whose waiting nobody can be told the end of: they
// are made again at growing intervals. No thread is held for them, so any number of tasks may wait
// for each other in this way, and a cancel loses nothing.
#pragma once

#include "api/posix/suspended_call.hpp"

#include <cerrno>
#include <chrono>

namespace weft::detail {

inline constexpr std::chrono::milliseconds longest_pause{20};

// attempt() returns -1 with errno `busy` where it would wait. In time: -1 with `busy`.
template <class Attempt>
auto retry_while_busy(const char* name, int busy, Attempt&& attempt,
                      fibers::time_point deadline = fibers::never,
                      suspended_call::restart r = suspended_call::restart::yes) noexcept {
    auto result = attempt();
    if (result != -1 || errno != busy) {
        return result;
    }
    suspended_call call(name, r);
    for (;;) {
        switch (call.pause(deadline, longest_pause)) {
        case suspended_call::result::failed:
            return decltype(result){-1};
        case suspended_call::result::timed_out:
            errno = busy;
            return decltype(result){-1};
        default:
            result = attempt();
            if (result != -1 || errno != busy) {
                return result;
            }
        }
    }
}

} // namespace weft::detail
