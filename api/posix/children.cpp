// SPDX-License-Identifier: BSL-1.0
//
// Waiting for child processes. The end of a single one makes its pidfd readable; of several, and of
// a stop, nothing tells, so they are looked at.
#include "api/loop_core.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/suspended_call.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/posix.hpp>

#include <cerrno>
#include <chrono>

#include <sys/wait.h>

namespace weft::posix {

using detail::may_suspend;
using detail::suspended_call;
namespace raw = detail::raw;

namespace {

constexpr std::chrono::milliseconds longest_pause{10};

// Waits for what look() looks for: it returns zero while there is nothing. `watched`: a pidfd that
// becomes readable by then, -1 for none.
template <class Look>
int wait_for_child(const char* name, int watched, Look&& look) noexcept {
    suspended_call call(name);
    for (;;) {
        const auto result = watched >= 0 ? call.wait_for(watched, reactor::direction::read)
                                         : call.pause(fibers::never, longest_pause);
        if (result == suspended_call::result::failed) {
            return -1;
        }
        if (const int found = look(); found != 0) {
            return found;
        }
    }
}

class watched_child {
  public:
    explicit watched_child(pid_t pid) noexcept
        : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
    ~watched_child() {
        if (fd_) {
            detail::loop_core::running()->descriptors().forget(fd_.get());
        }
    }
    watched_child(const watched_child&) = delete;
    watched_child& operator=(const watched_child&) = delete;
    int fd() const noexcept { return fd_.get(); }

  private:
    reactor::unique_fd fd_;
};

} // namespace

pid_t wait4(pid_t pid, int* status, int options, ::rusage* usage) {
    if (!may_suspend()) {
        return ::wait4(pid, status, options, usage);
    }
    const auto look = [&] {
        return static_cast<pid_t>(::syscall(SYS_wait4, pid, status, options | WNOHANG, usage));
    };
    const pid_t found = look();
    if (found != 0 || (options & WNOHANG) != 0) {
        return found;
    }
    if (pid > 0 && (options & (WUNTRACED | WCONTINUED)) == 0) {
        const watched_child child(pid);
        return wait_for_child("waitpid", child.fd(), look);
    }
    return wait_for_child("waitpid", -1, look);
}

pid_t wait3(int* status, int options, ::rusage* usage) {
    return may_suspend() ? posix::wait4(-1, status, options, usage)
                         : ::wait3(status, options, usage);
}

pid_t waitpid(pid_t pid, int* status, int options) {
    return may_suspend() ? posix::wait4(pid, status, options, nullptr)
                         : ::waitpid(pid, status, options);
}

pid_t wait(int* status) {
    return may_suspend() ? posix::wait4(-1, status, 0, nullptr) : ::wait(status);
}

int waitid(idtype_t type, id_t id, ::siginfo_t* info, int options) {
    if (!may_suspend()) {
        return ::waitid(type, id, info, options);
    }
    siginfo_t seen{};
    // One when there is something, as wait4() says it.
    const auto look = [&] {
        seen.si_pid = 0;
        const int r =
            static_cast<int>(::syscall(SYS_waitid, type, id, &seen, options | WNOHANG, nullptr));
        return r == 0 && seen.si_pid != 0 ? 1 : r;
    };
    int found = look();
    const bool by_pidfd = type == P_PIDFD;
    const bool waits = (options & WNOHANG) == 0 &&
                       !(by_pidfd && (raw::fcntl(static_cast<int>(id), F_GETFL) & O_NONBLOCK) != 0);
    if (found == 0 && waits) {
        const bool only_end = (options & (WSTOPPED | WCONTINUED)) == 0;
        if (only_end && by_pidfd) {
            found = wait_for_child("waitid", static_cast<int>(id), look);
        } else if (only_end && type == P_PID) {
            const watched_child child(static_cast<pid_t>(id));
            found = wait_for_child("waitid", child.fd(), look);
        } else {
            found = wait_for_child("waitid", -1, look);
        }
    } else if (found == 0 && (options & WNOHANG) == 0) {
        errno = EAGAIN; // a pidfd that does not block
        return -1;
    }
    if (found >= 0 && info != nullptr) {
        *info = seen;
    }
    return found < 0 ? -1 : 0;
}

} // namespace weft::posix
