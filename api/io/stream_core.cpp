// SPDX-License-Identifier: BSL-1.0
#include "api/io/stream_core.hpp"

#include "api/loop_core.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace weft::detail {

namespace {

bool breaks_connection(int error_number) noexcept {
    return error_number == ECONNRESET || error_number == ETIMEDOUT ||
           error_number == EHOSTUNREACH || error_number == ENETUNREACH;
}

bool would_block(int error_number) noexcept {
    return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

} // namespace

stream stream_core::open(loop_core& loop, int fd) {
    auto* core = new (std::nothrow) stream_core(loop, fd);
    if (core == nullptr) {
        throw std::bad_alloc();
    }
    return stream(core);
}

stream_core::use::use(stream_core& s, bool stream_core::*direction, const char* call)
    : stream_(s), direction_(direction) {
    s.require_usable(call);
    if (s.*direction) {
        throw busy(fmt::format("{}: another task is {} this stream already; one at a time", call,
                               direction == &stream_core::reading ? "reading" : "writing"));
    }
    s.*direction = true;
    s.retain();
}

stream_core::use::~use() {
    stream_.*direction_ = false;
    stream_.release();
}

void stream_core::fail(const char* call) {
    const int error_number = errno;
    if (breaks_connection(error_number)) {
        broken_ = error_number;
    }
    throw std::system_error(error_number, std::system_category(), call);
}

std::size_t stream_core::receive(std::span<char> out, const char* call) {
    for (;;) {
        if (drained_) {
            wait(reactor::direction::read, call);
            drained_ = false;
        }
        const ssize_t n = ::recv(fd(), out.data(), out.size(), MSG_DONTWAIT);
        if (n > 0) {
            drained_ = static_cast<std::size_t>(n) < out.size();
            return static_cast<std::size_t>(n);
        }
        if (n == 0 && broken_ != 0) {
            // Not the end that the peer meant: the error went to an earlier call, perhaps a write.
            throw std::system_error(broken_, std::system_category(), call);
        }
        if (n == 0) {
            ended = true;
            return 0;
        }
        if (would_block(errno)) {
            drained_ = true;
        } else if (errno != EINTR) {
            fail(call);
        }
    }
}

bool stream_core::fill(std::size_t least, const char* call) {
    if (ended) {
        return false;
    }
    // Through memory that all streams of the loop share, so that one that waits holds none of its
    // own: nothing suspends between the arrival of the bytes there and their move into the buffer.
    const std::span<char> shared = loop().scratch();
    if (least < shared.size()) {
        const std::size_t n = receive(shared, call);
        try {
            buffer.append(shared.first(n));
        } catch (...) {
            close(); // no memory for bytes that the kernel has given away: the stream has a hole
            throw;
        }
        return n > 0;
    }
    const std::size_t n = receive(buffer.prepare(least), call);
    buffer.commit(n);
    return n > 0;
}

std::size_t stream_core::send(std::span<const iovec> pieces, const char* call) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    for (;;) {
        const ssize_t n = pieces.size() == 1
                              ? ::send(fd(), pieces[0].iov_base, pieces[0].iov_len, flags)
                              : ::sendmsg(fd(), &message, flags);
        if (n >= 0) {
            return static_cast<std::size_t>(n);
        }
        if (would_block(errno)) {
            wait(reactor::direction::write, call);
        } else if (errno != EINTR) {
            fail(call);
        }
    }
}

std::size_t stream_core::find_end_of(std::string_view separator, const char* call) {
    std::size_t searched = 0; // no separator begins before this
    for (;;) {
        const std::string_view text = buffer.view();
        const std::size_t at = text.find(separator, searched);
        const std::size_t end = at == std::string_view::npos ? text.size() : at + separator.size();
        if (end > read_limit) {
            throw limit_overrun(
                fmt::format("{}: no separator within {} bytes; raise the limit with "
                            "stream::set_read_limit",
                            call, read_limit));
        }
        if (at != std::string_view::npos) {
            return end;
        }
        searched = text.size() - std::min(text.size(), separator.size() - 1);
        if (!fill(1, call)) {
            return std::string_view::npos;
        }
    }
}

} // namespace weft::detail
