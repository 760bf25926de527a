// SPDX-License-Identifier: BSL-1.0
#include "api/posix/attempts.hpp"
#include "api/posix/descriptor_wait.hpp"
#include "api/posix/pieces.hpp"

#include <weft/posix.hpp>

#include <unistd.h>

namespace weft::posix {

using detail::block_on;
using detail::limit_option;
using detail::may_suspend;
using reactor::direction;
namespace raw = detail::raw;

ssize_t read(int fd, void* out, std::size_t size) {
    if (!may_suspend()) {
        return ::read(fd, out, size);
    }
    if (size == 0) {
        return raw::read(fd, out, size); // never waits, not even on a socket
    }
    return detail::block_on_reading("read", fd, size,
                                    [&] { return detail::try_read(fd, out, size); });
}

ssize_t readv(int fd, const ::iovec* pieces, int count) {
    if (!may_suspend()) {
        return ::readv(fd, pieces, count);
    }
    // As for read(); what is no list of pieces fails.
    if (count <= 0 || count > detail::most_pieces || detail::total_size(pieces, count) == 0) {
        return raw::readv(fd, pieces, count);
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = static_cast<std::size_t>(count);
    return block_on("readv", fd, direction::read, limit_option::receiving, [&] {
        return detail::attempt(
            fd, POLLIN, [&] { return raw::recvmsg(fd, &message, MSG_DONTWAIT); },
            [&] { return raw::preadv2(fd, pieces, count, RWF_NOWAIT); },
            [&] { return raw::readv(fd, pieces, count); });
    });
}

// Whatever has positions never says that it would block.

ssize_t pread(int fd, void* out, std::size_t size, off_t offset) {
    return may_suspend() ? ::syscall(SYS_pread64, fd, out, size, offset)
                         : ::pread(fd, out, size, offset);
}

ssize_t preadv(int fd, const ::iovec* pieces, int count, off_t offset) {
    return may_suspend() ? ::syscall(SYS_preadv, fd, pieces, count, offset, 0L)
                         : ::preadv(fd, pieces, count, offset);
}

ssize_t preadv2(int fd, const ::iovec* pieces, int count, off_t offset, int flags) {
    if (!may_suspend()) {
        return ::preadv2(fd, pieces, count, offset, flags);
    }
    if (offset == -1 && flags == 0) {
        return posix::readv(fd, pieces, count);
    }
    return ::syscall(SYS_preadv2, fd, pieces, count, offset, 0L, flags);
}

} // namespace weft::posix
