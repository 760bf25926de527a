// SPDX-License-Identifier: BSL-1.0
#include "api/posix/attempts.hpp"
#include "api/posix/pieces.hpp"
#include "api/posix/whole_write.hpp"

#include <weft/posix.hpp>

#include <unistd.h>

namespace weft::posix {

using detail::descriptor_kind;
using detail::may_suspend;
namespace raw = detail::raw;

namespace {

// A write of nothing sends an empty datagram on a socket and never waits elsewhere.
bool only_touches(int fd, std::size_t size) noexcept {
    return size == 0 && detail::learn_kind(fd) != descriptor_kind::socket;
}

// A second piece does not raise SIGPIPE, where the kernel would not have for the whole.
int flags_behind(std::size_t done) noexcept {
    return done > 0 ? MSG_NOSIGNAL : 0;
}

} // namespace

ssize_t write(int fd, const void* data, std::size_t size) {
    if (!may_suspend()) {
        return ::write(fd, data, size);
    }
    if (only_touches(fd, size)) {
        return raw::write(fd, data, size);
    }
    return detail::write_whole("write", fd, size, [&](std::size_t done) {
        return detail::try_write(fd, static_cast<const char*>(data) + done, size - done,
                                 flags_behind(done));
    });
}

ssize_t writev(int fd, const ::iovec* pieces, int count) {
    if (!may_suspend()) {
        return ::writev(fd, pieces, count);
    }
    const bool list = count > 0 && count <= detail::most_pieces;
    const std::size_t size = list ? detail::total_size(pieces, count) : 0;
    if (!list || size == 0) { // unlike write(), which sends an empty datagram
        return raw::writev(fd, pieces, count);
    }
    return detail::write_whole("writev", fd, size, [&](std::size_t done) {
        detail::pieces_left left(pieces, done > 0 ? count : 0, done);
        const iovec* const from = done > 0 ? left.data() : pieces;
        const int from_count = done > 0 ? left.count() : count;
        return detail::attempt(
            fd, POLLOUT,
            [&] {
                msghdr message{};
                message.msg_iov = const_cast<iovec*>(from);
                message.msg_iovlen = static_cast<std::size_t>(from_count);
                return raw::sendmsg(fd, &message, MSG_DONTWAIT | flags_behind(done));
            },
            [&] { return raw::pwritev2(fd, from, from_count, RWF_NOWAIT); },
            [&] {
                const std::size_t most = detail::certain_to_fit(fd, size - done);
                if (!detail::is_polled_to_write(fd) || most == size - done) {
                    return raw::writev(fd, from, from_count);
                }
                const detail::pieces_left next(pieces, count, done);
                return raw::write(fd, next.front().iov_base, std::min(next.front().iov_len, most));
            });
    });
}

// Whatever has positions never says that it would block.

ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
    return may_suspend() ? ::syscall(SYS_pwrite64, fd, data, size, offset)
                         : ::pwrite(fd, data, size, offset);
}

ssize_t pwritev(int fd, const ::iovec* pieces, int count, off_t offset) {
    return may_suspend() ? ::syscall(SYS_pwritev, fd, pieces, count, offset, 0L)
                         : ::pwritev(fd, pieces, count, offset);
}

ssize_t pwritev2(int fd, const ::iovec* pieces, int count, off_t offset, int flags) {
    if (!may_suspend()) {
        return ::pwritev2(fd, pieces, count, offset, flags);
    }
    if (offset == -1 && flags == 0) {
        return posix::writev(fd, pieces, count);
    }
    return ::syscall(SYS_pwritev2, fd, pieces, count, offset, 0L, flags);
}

} // namespace weft::posix
