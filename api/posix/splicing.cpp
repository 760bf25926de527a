// SPDX-License-Identifier: BSL-1.0
//
// Bytes that go from one descriptor to another inside the kernel.
#include "api/posix/attempts.hpp"
#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/descriptor_wait.hpp"
#include "api/posix/pool_call.hpp"
#include "api/posix/raw_calls.hpp"
#include "api/posix/unblocked.hpp"
#include "api/posix/whole_write.hpp"

#include <weft/posix.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/sendfile.h>

namespace weft::posix {

using detail::descriptor_kind;
using detail::descriptor_wait;
using detail::limit_option;
using detail::may_suspend;
using reactor::direction;
namespace raw = detail::raw;

namespace {

bool can_wait(int fd) noexcept {
    return detail::learn_kind(fd) != descriptor_kind::file;
}

// Calls that have SPLICE_F_NONBLOCK, which speaks for pipes alone: their other end is asked by
// poll(). move(flags) tries.
template <class Move>
ssize_t move_on(const char* name, int in, int out, unsigned flags, Move&& move) noexcept {
    descriptor_wait input(name, in, direction::read, limit_option::receiving);
    descriptor_wait output(name, out, direction::write, limit_option::sending);
    const bool in_waits = in >= 0 && can_wait(in);
    const bool out_waits = out >= 0 && can_wait(out);
    for (;;) {
        const bool nothing_in = in_waits && raw::poll_now(in, POLLIN) == 0;
        const bool no_room = out_waits && raw::poll_now(out, POLLOUT) == 0;
        const ssize_t n = nothing_in || no_room ? -1 : move(flags | SPLICE_F_NONBLOCK);
        const bool busy = nothing_in || no_room || (n < 0 && errno == EAGAIN);
        if (!busy) {
            return n;
        }
        if ((in_waits && !input.blocks()) || (out_waits && !output.blocks())) {
            return move(flags | SPLICE_F_NONBLOCK);
        }
        descriptor_wait& wait = no_room || !in_waits ? output : input;
        if (!(nothing_in || no_room ? wait.next() : wait.pause())) {
            return -1;
        }
    }
}

ssize_t sendfile_now(int out, int in, off_t* offset, std::size_t count) noexcept {
    return ::syscall(SYS_sendfile, out, in, offset, count);
}

// Where the flags of `out` are not ours to change: by way of memory.
ssize_t copy_some(int out, int in, off_t* offset, std::size_t count, std::size_t done) noexcept {
    std::array<char, std::size_t{16} * 1024> piece;
    const off_t from =
        offset != nullptr ? *offset : static_cast<off_t>(::syscall(SYS_lseek, in, 0L, SEEK_CUR));
    const ssize_t got =
        ::syscall(SYS_pread64, in, piece.data(), std::min(piece.size(), count), from);
    if (got <= 0) {
        return got;
    }
    const ssize_t n = detail::try_write(out, piece.data(), static_cast<std::size_t>(got),
                                        done > 0 ? MSG_NOSIGNAL : 0);
    if (n > 0) {
        if (offset != nullptr) {
            *offset += n;
        } else {
            ::syscall(SYS_lseek, in, n, SEEK_CUR);
        }
    }
    return n;
}

} // namespace

ssize_t sendfile(int out, int in, off_t* offset, std::size_t count) {
    if (!may_suspend()) {
        return ::sendfile(out, in, offset, count);
    }
    if (!can_wait(out)) {
        return detail::call_in_pool_to_its_end(
            detail::thread_use::files, "sendfile",
            [=] { return sendfile_now(out, in, offset, count); }, ssize_t{-1});
    }
    if (can_wait(in)) { // the kernel refuses it, or is never kept waiting by it
        return sendfile_now(out, in, offset, count);
    }
    constexpr std::size_t most = 0x7ffff000; // that the kernel moves in one call
    const std::size_t size = std::min(count, most);
    const auto send = [&](std::size_t done) {
        return detail::is_own(out)
                   ? detail::call_unblocked(
                         out, [&] { return sendfile_now(out, in, offset, size - done); })
                   : copy_some(out, in, offset, size - done, done);
    };
    if (detail::kind_of(out) == descriptor_kind::socket) {
        return detail::write_whole("sendfile", out, size, send);
    }
    // Of a pipe the kernel only waits until there is any room at all.
    const ssize_t first = detail::block_on("sendfile", out, direction::write, limit_option::none,
                                           [&] { return send(0); });
    std::size_t done = first > 0 ? static_cast<std::size_t>(first) : 0;
    for (ssize_t n = first; n > 0 && done < size;) {
        n = send(done);
        done += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    return first <= 0 ? first : static_cast<ssize_t>(done);
}

ssize_t splice(int in, loff_t* in_offset, int out, loff_t* out_offset, std::size_t size,
               unsigned flags) {
    const auto move = [&](unsigned f) -> ssize_t {
        return ::syscall(SYS_splice, in, in_offset, out, out_offset, size, f);
    };
    if (!may_suspend()) {
        return ::splice(in, in_offset, out, out_offset, size, flags);
    }
    return (flags & SPLICE_F_NONBLOCK) != 0 || size == 0 ? move(flags)
                                                         : move_on("splice", in, out, flags, move);
}

ssize_t tee(int in, int out, std::size_t size, unsigned flags) {
    const auto move = [&](unsigned f) -> ssize_t { return ::syscall(SYS_tee, in, out, size, f); };
    if (!may_suspend()) {
        return ::tee(in, out, size, flags);
    }
    return (flags & SPLICE_F_NONBLOCK) != 0 || size == 0 ? move(flags)
                                                         : move_on("tee", in, out, flags, move);
}

ssize_t vmsplice(int fd, const ::iovec* pieces, std::size_t count, unsigned flags) {
    const auto move = [&](unsigned f) -> ssize_t {
        return ::syscall(SYS_vmsplice, fd, pieces, count, f);
    };
    if (!may_suspend()) {
        return ::vmsplice(fd, pieces, count, flags);
    }
    const int mode = raw::fcntl(fd, F_GETFL);
    if (mode < 0 || (flags & SPLICE_F_NONBLOCK) != 0) {
        return move(flags);
    }
    const bool reads = (mode & O_ACCMODE) == O_RDONLY;
    return move_on("vmsplice", reads ? fd : -1, reads ? -1 : fd, flags, move);
}

} // namespace weft::posix
