// SPDX-License-Identifier: BSL-1.0
//
// Locks on files, and fcntl(), one of whose commands is such a lock.
#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/retrying.hpp"

#include <weft/posix.hpp>

#include <cerrno>
#include <cstdarg>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace weft::posix {

using detail::may_suspend;
using detail::retry_while_busy;
namespace raw = detail::raw;

namespace {

// Where F_SETLK meets somebody else's lock it says EAGAIN or EACCES; here: EAGAIN.
int lock_now(int fd, int command, void* lock) noexcept {
    const int r = raw::fcntl(fd, command, reinterpret_cast<long>(lock));
    if (r == -1 && errno == EACCES) {
        errno = EAGAIN;
    }
    return r;
}

} // namespace

int flock(int fd, int operation) {
    if (!may_suspend()) {
        return ::flock(fd, operation);
    }
    const auto lock = [&](int o) { return static_cast<int>(::syscall(SYS_flock, fd, o)); };
    if ((operation & LOCK_NB) != 0 || (operation & ~LOCK_NB) == LOCK_UN) {
        return lock(operation);
    }
    return retry_while_busy("flock", EWOULDBLOCK, [&] { return lock(operation | LOCK_NB); });
}

int lockf(int fd, int command, off_t size) {
    if (!may_suspend()) {
        return ::lockf(fd, command, size);
    }
    const auto lock = [&](int c) {
        const no_suspend here;
        const int r = ::lockf(fd, c, size);
        if (r == -1 && errno == EACCES) {
            errno = EAGAIN;
        }
        return r;
    };
    if (command != F_LOCK) {
        return lock(command);
    }
    return retry_while_busy("lockf", EAGAIN, [&] { return lock(F_TLOCK); });
}

int fcntl(int fd, int command, ...) {
    // Whatever the command takes fits into a pointer; one that takes nothing leaves it unread.
    std::va_list arguments;
    va_start(arguments, command);
    void* const argument = va_arg(arguments, void*);
    va_end(arguments);
    if (may_suspend() && (command == F_SETLKW || command == F_OFD_SETLKW)) {
        const int without_waiting = command == F_SETLKW ? F_SETLK : F_OFD_SETLK;
        return retry_while_busy("fcntl", EAGAIN,
                                [&] { return lock_now(fd, without_waiting, argument); });
    }
    const no_suspend here;
    const int r = ::fcntl(fd, command, argument);
    if (r >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) {
        detail::copy_kind(fd, r);
    }
    return r;
}

} // namespace weft::posix
