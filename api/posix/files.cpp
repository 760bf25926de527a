// SPDX-License-Identifier: BSL-1.0
//
// Files: what waits for the storage goes to a thread for files, and opening a FIFO, which waits for
// somebody at its other end, too.
#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/pool_call.hpp"
#include "api/posix/raw_calls.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/posix.hpp>

#include <cerrno>
#include <cstdarg>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::posix {

using detail::may_suspend;
using detail::own_descriptors;
using detail::thread_use;
namespace raw = detail::raw;

namespace {

int in_file_thread(const char* name, int fd, long number) noexcept {
    return detail::call_with_own_descriptors(name, {fd}, [number](const own_descriptors& own) {
        return static_cast<int>(::syscall(number, own[0]));
    });
}

bool is_fifo(int directory, const char* path) noexcept {
    struct stat status {};
    return ::syscall(SYS_newfstatat, directory, path, &status, 0) == 0 && S_ISFIFO(status.st_mode);
}

int open_now(int directory, const char* path, int flags, mode_t mode) noexcept {
    return static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
}

// In a thread, with the way to the directory kept open for it. A descriptor that comes when the
// task has left is closed there.
int open_fifo(int directory, const char* path, int flags, mode_t mode) noexcept {
    try {
        own_descriptors own;
        const bool relative = directory != AT_FDCWD && path[0] != '/';
        if (relative && !own.take({directory})) {
            return -1;
        }
        reactor::unique_fd opened = detail::call_in_pool(
            thread_use::calls, "open",
            [own = std::move(own), relative, name = std::string(path), flags, mode]() mutable {
                return reactor::unique_fd(
                    open_now(relative ? own[0] : AT_FDCWD, name.c_str(), flags, mode));
            },
            reactor::unique_fd());
        return opened.release();
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return -1;
    }
}

int open_at(int directory, const char* path, int flags, mode_t mode) noexcept {
    const bool may_wait = (flags & (O_NONBLOCK | O_PATH | O_DIRECTORY)) == 0 &&
                          (flags & O_ACCMODE) != O_RDWR && path != nullptr;
    const int fd = may_suspend() && may_wait && is_fifo(directory, path)
                       ? open_fifo(directory, path, flags, mode)
                       : open_now(directory, path, flags, mode);
    if (fd >= 0) {
        detail::forget_kind(fd);
    }
    return fd;
}

bool takes_mode(int flags) noexcept {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

} // namespace

int open(const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = takes_mode(flags) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = takes_mode(flags) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at(directory, path, flags, mode);
}

int fsync(int fd) {
    return may_suspend() ? in_file_thread("fsync", fd, SYS_fsync) : ::fsync(fd);
}

int fdatasync(int fd) {
    return may_suspend() ? in_file_thread("fdatasync", fd, SYS_fdatasync) : ::fdatasync(fd);
}

int syncfs(int fd) {
    return may_suspend() ? in_file_thread("syncfs", fd, SYS_syncfs) : ::syncfs(fd);
}

void sync() {
    if (!may_suspend()) {
        ::sync();
        return;
    }
    const int error_number = errno;
    detail::call_in_pool(
        thread_use::files, "sync", [] { return static_cast<int>(::syscall(SYS_sync)); }, 0);
    errno = error_number;
}

ssize_t copy_file_range(int in, loff_t* in_offset, int out, loff_t* out_offset, std::size_t size,
                        unsigned flags) {
    if (!may_suspend()) {
        return ::copy_file_range(in, in_offset, out, out_offset, size, flags);
    }
    return detail::call_in_pool_to_its_end(
        thread_use::files, "copy_file_range",
        [=]() -> ssize_t {
            return ::syscall(SYS_copy_file_range, in, in_offset, out, out_offset, size, flags);
        },
        ssize_t{-1});
}

} // namespace weft::posix
