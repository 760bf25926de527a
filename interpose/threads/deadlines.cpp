// SPDX-License-Identifier: BSL-1.0
#include "interpose/threads/deadlines.hpp"

#include <weft/detail/wait_queue.hpp>

#include <chrono>

namespace weft::interpose {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// More than this is no limit at all; less than minus this has passed.
constexpr std::time_t longest = std::time_t{1} << 32;

weft::clock::time_point after(std::time_t whole, long rest) {
    if (whole >= longest) {
        return weft::clock::time_point::max();
    }
    if (whole < 0) {
        return detail::deadline_after(nanoseconds::zero(), "a pthread call");
    }
    return detail::deadline_after(seconds(whole) + nanoseconds(rest), "a pthread call");
}

} // namespace

weft::clock::time_point deadline_of(const time_limit& limit) {
    if (limit.at == nullptr) {
        return weft::clock::time_point::max();
    }
    timespec now;
    ::clock_gettime(limit.clock, &now);
    if (limit.at->tv_sec < now.tv_sec) {
        return after(-1, 0);
    }
    std::time_t whole = limit.at->tv_sec - now.tv_sec; // both are positive
    long rest = limit.at->tv_nsec - now.tv_nsec;
    if (rest < 0) {
        rest += 1'000'000'000;
        --whole;
    }
    return after(whole, rest);
}

weft::clock::time_point deadline_after(const timespec& span) {
    return after(span.tv_sec, span.tv_nsec);
}

} // namespace weft::interpose
