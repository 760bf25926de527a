// SPDX-License-Identifier: BSL-1.0
//
// Waiting for signals: for a handler that has run, or for a blocked signal to take.
#include "api/loop_core.hpp"
#include "api/posix/let_through.hpp"
#include "api/posix/moments.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/suspended_call.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/posix.hpp>

#include <cerrno>
#include <memory>

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace weft::posix {

using detail::may_suspend;
using detail::suspended_call;
namespace raw = detail::raw;

namespace {

// A signal may come though nothing else can: the loop is not at a loss while one is awaited.
class loop_held {
  public:
    explicit loop_held(detail::loop_core& loop) noexcept : letters_(loop.scheduler().letters()) {
        letters_->hold();
    }
    ~loop_held() { letters_->release(); }
    loop_held(const loop_held&) = delete;
    loop_held& operator=(const loop_held&) = delete;

  private:
    const std::shared_ptr<fibers::inbox> letters_;
};

int wait_for_handler(const char* name, const sigset_t* mask) noexcept {
    suspended_call call(name, suspended_call::restart::no);
    const detail::let_through signals(call.loop().interruption(), mask);
    const loop_held held(call.loop());
    while (call.sleep_until(fibers::never) != suspended_call::result::failed) {
    }
    return -1;
}

int take_pending(const sigset_t* set, siginfo_t* info) noexcept {
    constexpr timespec at_once{};
    return static_cast<int>(::syscall(SYS_rt_sigtimedwait, set, info, &at_once, raw::sigset_size));
}

int wait_for_signal(const char* name, const sigset_t* set, siginfo_t* info,
                    const timespec* timeout) noexcept {
    if (timeout != nullptr && !detail::is_valid(*timeout)) {
        errno = EINVAL;
        return -1;
    }
    int taken = take_pending(set, info);
    if (taken >= 0 || errno != EAGAIN) {
        return taken;
    }
    suspended_call call(name, suspended_call::restart::no);
    const auto limit =
        timeout != nullptr ? detail::to_duration(*timeout) : fibers::clock::duration::max();
    if (limit == fibers::clock::duration::zero()) {
        call.give_up_turn();
        errno = EAGAIN;
        return -1;
    }
    const fibers::time_point deadline =
        timeout != nullptr ? call.deadline_after(limit) : fibers::never;
    // Readable while one of them is pending; the signal itself is taken as libc takes it.
    const reactor::unique_fd pending(static_cast<int>(
        ::syscall(SYS_signalfd4, -1, set, raw::sigset_size, SFD_CLOEXEC | SFD_NONBLOCK)));
    for (;;) {
        const auto result = pending
                                ? call.wait_for(pending.get(), reactor::direction::read, deadline)
                                : call.pause(deadline);
        const int why = errno;
        taken = result == suspended_call::result::failed ? -1 : take_pending(set, info);
        if (result != suspended_call::result::ready || taken >= 0 || errno != EAGAIN) {
            if (pending) {
                call.loop().descriptors().forget(pending.get());
            }
            errno = result == suspended_call::result::failed ? why : errno;
            return taken;
        }
    }
}

} // namespace

int pause() {
    return may_suspend() ? wait_for_handler("pause", nullptr) : ::pause();
}

int sigsuspend(const ::sigset_t* mask) {
    return may_suspend() ? wait_for_handler("sigsuspend", mask) : ::sigsuspend(mask);
}

int sigwait(const ::sigset_t* set, int* signal) {
    if (!may_suspend()) {
        return ::sigwait(set, signal);
    }
    const int error_number = errno;
    int taken = -1;
    do {
        taken = wait_for_signal("sigwait", set, nullptr, nullptr);
    } while (taken < 0 && errno == EINTR);
    if (taken < 0) {
        return errno;
    }
    *signal = taken;
    errno = error_number;
    return 0;
}

int sigwaitinfo(const ::sigset_t* set, ::siginfo_t* info) {
    return may_suspend() ? wait_for_signal("sigwaitinfo", set, info, nullptr)
                         : ::sigwaitinfo(set, info);
}

int sigtimedwait(const ::sigset_t* set, ::siginfo_t* info, const ::timespec* timeout) {
    return may_suspend() ? wait_for_signal("sigtimedwait", set, info, timeout)
                         : ::sigtimedwait(set, info, timeout);
}

} // namespace weft::posix
