// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/suspended_call.hpp"

#include <weft/posix.hpp>

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace weft::posix {

using detail::may_suspend;
using detail::suspended_call;
using fibers::clock;

namespace {

// Returns zero, or errno with what was left of the time.
int sleep_for(const char* name, clock::duration d, clock::duration& left) noexcept {
    suspended_call call(name, suspended_call::restart::no);
    if (d <= clock::duration::zero()) {
        call.give_up_turn();
        return 0;
    }
    const fibers::time_point end = call.deadline_after(d);
    if (call.sleep_until(end) == suspended_call::result::failed) {
        left = std::max(end - call.loop().scheduler().now(), clock::duration::zero());
        return errno;
    }
    return 0;
}

// Until a clock shows `when`. One that can be set is looked at every second; in virtual time, which
// no such clock follows, it is looked at once.
int sleep_until(clockid_t id, const timespec& when) noexcept {
    constexpr std::chrono::seconds between_looks{1};
    const clock::duration end = detail::to_duration(when);
    const bool settable = id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME;
    const bool real = !detail::loop_core::running()->in_virtual_time();
    for (;;) {
        timespec shown{};
        ::clock_gettime(id, &shown);
        const clock::duration wait = end - detail::to_duration(shown);
        clock::duration left{};
        const bool cut = settable && real && wait > between_looks;
        const int error_number = sleep_for("clock_nanosleep", cut ? between_looks : wait, left);
        if (error_number != 0 || !cut) {
            return error_number;
        }
    }
}

bool is_clock_of_time(clockid_t id) noexcept {
    return id == CLOCK_REALTIME || id == CLOCK_MONOTONIC || id == CLOCK_BOOTTIME || id == CLOCK_TAI;
}

} // namespace

int nanosleep(const ::timespec* time, ::timespec* left) {
    if (!may_suspend()) {
        return ::nanosleep(time, left);
    }
    if (!detail::is_valid(*time)) {
        errno = EINVAL;
        return -1;
    }
    clock::duration rest{};
    const int error_number = errno;
    const int why = sleep_for("nanosleep", detail::to_duration(*time), rest);
    errno = why != 0 ? why : error_number;
    if (why == 0) {
        return 0;
    }
    if (left != nullptr) {
        *left = detail::to_timespec(rest);
    }
    return -1;
}

int usleep(unsigned microseconds) {
    const timespec time{microseconds / 1'000'000, (microseconds % 1'000'000) * 1'000L};
    return may_suspend() ? posix::nanosleep(&time, nullptr) : ::usleep(microseconds);
}

unsigned sleep(unsigned seconds) {
    if (!may_suspend()) {
        return ::sleep(seconds);
    }
    const timespec time{static_cast<time_t>(seconds), 0};
    timespec left{};
    if (posix::nanosleep(&time, &left) == 0) {
        return 0;
    }
    constexpr long half = detail::nanoseconds_in_second / 2;
    return static_cast<unsigned>(left.tv_sec) + (left.tv_nsec >= half ? 1 : 0);
}

int clock_nanosleep(clockid_t clock, int flags, const ::timespec* time, ::timespec* left) {
    if (!may_suspend()) {
        return ::clock_nanosleep(clock, flags, time, left);
    }
    if (!is_clock_of_time(clock)) { // one that counts work
        const no_suspend here;
        return ::clock_nanosleep(clock, flags, time, left);
    }
    if (!detail::is_valid(*time)) {
        return EINVAL;
    }
    const int error_number = errno; // which this call leaves alone
    int result = 0;
    if ((flags & TIMER_ABSTIME) != 0) {
        result = sleep_until(clock, *time);
    } else {
        clock::duration rest{};
        result = sleep_for("clock_nanosleep", detail::to_duration(*time), rest);
        if (result != 0 && left != nullptr) {
            *left = detail::to_timespec(rest);
        }
    }
    errno = error_number;
    return result;
}

} // namespace weft::posix
