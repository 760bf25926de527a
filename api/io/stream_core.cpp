// SPDX-License-Identifier: BSL-1.0
#include "api/io/stream_core.hpp"

#include "api/io/socket_transport.hpp"
#include "api/loop_core.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace weft::detail {

namespace {

bool breaks_connection(int error_number) noexcept {
    return error_number == ECONNRESET || error_number == ETIMEDOUT ||
           error_number == EHOSTUNREACH || error_number == ENETUNREACH;
}

} // namespace

stream stream_core::open(loop_core& loop, int fd) {
    return open(loop, fd, socket_transport());
}

stream stream_core::open(loop_core& loop, int fd, transport& bottom) {
    auto* core = new (std::nothrow) stream_core(loop, fd, bottom);
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

void stream_core::close() noexcept {
    if (fd() >= 0) {
        transport_->closing(*this);
        descriptor::close();
    }
}

void stream_core::put_over(std::unique_ptr<layer> upper) {
    std::string received = buffer.take(buffer.size());
    upper->connect(*transport_, std::move(layers_), std::move(received));
    layers_ = std::move(upper);
    transport_ = layers_.get();
    drained_ = false;
    ended = false; // it was the end of what is below
}

void stream_core::prepare(const char* call) {
    for (;;) {
        const attempt a = transport_->prepare(*this, call);
        if (a.bytes >= 0) {
            return;
        }
        wait_after(a, call);
    }
}

void stream_core::wait_after(const attempt& a, const char* call) {
    if (a.bytes == -EAGAIN) {
        wait(a.wanted, call);
        return;
    }
    const int error_number = static_cast<int>(-a.bytes);
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
        const attempt a = transport_->receive(*this, out, call);
        drained_ = a.drained;
        if (a.bytes > 0) {
            return static_cast<std::size_t>(a.bytes);
        }
        if (a.bytes == 0 && broken_ != 0) {
            // Not the end that the peer meant: the error went to an earlier call, perhaps a write.
            throw std::system_error(broken_, std::system_category(), call);
        }
        if (a.bytes == 0) {
            ended = true;
            return 0;
        }
        if (!drained_) {
            wait_after(a, call);
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
    for (;;) {
        const attempt a = transport_->send(*this, pieces, call);
        if (a.bytes >= 0) {
            if (a.unsent) {
                flush(call);
            }
            return static_cast<std::size_t>(a.bytes);
        }
        wait_after(a, call);
    }
}

void stream_core::flush(const char* call) {
    for (;;) {
        const attempt a = transport_->flush(*this, call);
        if (a.bytes >= 0) {
            return;
        }
        wait_after(a, call);
    }
}

void stream_core::end_sending(const char* call) {
    for (;;) {
        const attempt a = transport_->end_sending(*this, call);
        if (a.bytes >= 0) {
            if (a.unsent) {
                require_usable(call); // not on the loop's own stack
                flush(call);
            }
            return;
        }
        require_usable(call);
        wait_after(a, call);
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
