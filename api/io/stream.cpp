// SPDX-License-Identifier: BSL-1.0
#include "api/io/pipe_transport.hpp"
#include "api/io/socket_calls.hpp"
#include "api/io/stream_core.hpp"
#include "api/loop_core.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/errors.hpp>
#include <weft/stream.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace weft {

using detail::stream_core;

namespace {

// Room that a read asks for at once, however much it is to bring in the end.
constexpr std::size_t most_ahead = std::size_t{64} * 1024;

[[noreturn]] void throw_errno(const char* call) {
    throw std::system_error(errno, std::system_category(), call);
}

std::span<char> as_chars(std::span<std::byte> bytes) noexcept {
    return {reinterpret_cast<char*>(bytes.data()), bytes.size()};
}

// Sends every byte of `pieces`, not more of them than the kernel takes at once, which it changes on
// the way.
void write_pieces(stream_core& s, std::span<iovec> pieces, const char* call) {
    while (!pieces.empty()) {
        std::size_t sent = s.send(pieces, call);
        while (!pieces.empty() && sent >= pieces.front().iov_len) {
            sent -= pieces.front().iov_len;
            pieces = pieces.subspan(1);
        }
        if (!pieces.empty()) {
            pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + sent;
            pieces.front().iov_len -= sent;
        }
    }
}

iovec piece(const void* data, std::size_t size) noexcept {
    return {const_cast<void*>(data), size};
}

[[noreturn]] void throw_incomplete(stream_core& s, std::size_t expected, const char* call) {
    std::string partial = s.buffer.take(s.buffer.size());
    const std::string wanted = expected > 0 ? fmt::format("{} bytes", expected) : "the separator";
    const std::string text =
        fmt::format("{}: the stream ended after {} bytes, before {}", call, partial.size(), wanted);
    throw incomplete_read(text, std::move(partial), expected);
}

} // namespace

// --- ownership ---

stream::stream() noexcept = default;

stream::stream(stream&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}

stream& stream::operator=(stream&& other) noexcept {
    stream old(std::exchange(core_, std::exchange(other.core_, nullptr)));
    return *this;
}

stream::~stream() {
    close();
    if (core_ != nullptr) {
        core_->release();
    }
}

stream stream::from_socket(int fd) {
    detail::loop_core& loop = detail::require_running_loop("weft::stream::from_socket");
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        throw_errno("weft::stream::from_socket");
    }
    return stream_core::open(loop, fd);
}

stream stream::from_pipe(int fd) {
    constexpr auto call = "weft::stream::from_pipe";
    detail::loop_core& loop = detail::require_running_loop(call);
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        throw_errno(call);
    }
    if (S_ISSOCK(status.st_mode)) { // as a shell or a service manager may hand it to a program
        return from_socket(fd);
    }
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) {
        throw std::invalid_argument(fmt::format(
            "{}: descriptor {} is no pipe, socket or character device; files are read with "
            "weft::file",
            call, fd));
    }
    detail::stop_blocking(fd, call);
    return stream_core::open(loop, fd, detail::pipe_transport());
}

stream_core& stream::core(const char* call) const {
    if (core_ == nullptr) {
        detail::require_running_loop(call);
        detail::throw_closed(call);
    }
    return *core_;
}

void stream::close() noexcept {
    if (core_ != nullptr) {
        core_->close();
    }
}

int stream::native_handle() const noexcept {
    return core_ != nullptr ? core_->fd() : -1;
}

int stream::release() {
    constexpr auto call = "weft::stream::release";
    stream_core& s = core(call);
    s.require_own_loop(call);
    if (s.fd() < 0) {
        detail::throw_closed(call);
    }
    if (s.is_layered()) {
        throw invalid_state(fmt::format(
            "{}: TLS is more than its descriptor and cannot be given away; pass the stream on",
            call));
    }
    if (!s.buffer.empty()) {
        throw invalid_state(fmt::format("{}: {} bytes were received and not read; read them first",
                                        call, s.buffer.size()));
    }
    return s.detach();
}

// --- reading ---

std::size_t stream::read_some(std::span<std::byte> out) {
    constexpr auto call = "weft::stream::read_some";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::reading, call);
    if (out.empty()) {
        return 0;
    }
    if (!s.buffer.empty()) {
        const std::size_t n = std::min(out.size(), s.buffer.size());
        std::memcpy(out.data(), s.buffer.view().data(), n);
        s.buffer.consume(n);
        return n;
    }
    return s.ended ? 0 : s.receive(as_chars(out), call);
}

std::string stream::read(std::size_t n) {
    constexpr auto call = "weft::stream::read";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::reading, call);
    if (n > 0 && s.buffer.empty()) {
        s.fill(1, call);
    }
    return s.buffer.take(std::min(n, s.buffer.size()));
}

std::string stream::read_exactly(std::size_t n) {
    constexpr auto call = "weft::stream::read_exactly";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::reading, call);
    while (s.buffer.size() < n) {
        if (!s.fill(std::min(n - s.buffer.size(), most_ahead), call)) {
            throw_incomplete(s, n, call);
        }
    }
    return s.buffer.take(n);
}

std::string stream::read_until(std::string_view separator) {
    constexpr auto call = "weft::stream::read_until";
    if (separator.empty()) {
        throw std::invalid_argument("weft::stream::read_until: the separator is empty");
    }
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::reading, call);
    const std::size_t end = s.find_end_of(separator, call);
    if (end == std::string_view::npos) {
        throw_incomplete(s, 0, call);
    }
    return s.buffer.take(end);
}

std::string stream::read_line() {
    constexpr auto call = "weft::stream::read_line";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::reading, call);
    const std::size_t end = s.find_end_of("\n", call);
    return s.buffer.take(std::min(end, s.buffer.size()));
}

std::string stream::read_all() {
    constexpr auto call = "weft::stream::read_all";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::reading, call);
    while (s.fill(1, call)) {
    }
    return s.buffer.take(s.buffer.size());
}

bool stream::at_eof() const {
    constexpr auto call = "weft::stream::at_eof";
    const stream_core& s = core(call);
    s.require_own_loop(call);
    return s.ended && s.buffer.empty();
}

void stream::set_read_limit(std::size_t bytes) {
    constexpr auto call = "weft::stream::set_read_limit";
    stream_core& s = core(call);
    s.require_own_loop(call);
    s.read_limit = bytes;
}

// --- writing ---

void stream::write(std::span<const std::byte> data) {
    constexpr auto call = "weft::stream::write";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::writing, call);
    iovec one = piece(data.data(), data.size());
    if (!data.empty()) {
        write_pieces(s, {&one, 1}, call);
    }
}

void stream::write(std::string_view text) {
    write(std::as_bytes(std::span(text)));
}

void stream::write(std::initializer_list<std::string_view> pieces) {
    write(std::span(pieces.begin(), pieces.size()));
}

void stream::write(std::span<const std::string_view> pieces) {
    constexpr auto call = "weft::stream::write";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::writing, call);
    constexpr std::size_t most_at_once = 64;
    std::array<iovec, most_at_once> some;
    while (!pieces.empty()) {
        std::size_t count = 0;
        for (; !pieces.empty() && count < most_at_once; pieces = pieces.subspan(1)) {
            if (!pieces.front().empty()) {
                some[count++] = piece(pieces.front().data(), pieces.front().size());
            }
        }
        write_pieces(s, {some.data(), count}, call);
    }
}

std::size_t stream::write_some(std::span<const std::byte> data) {
    constexpr auto call = "weft::stream::write_some";
    stream_core& s = core(call);
    const stream_core::use use(s, &stream_core::writing, call);
    if (data.empty()) {
        return 0;
    }
    const iovec one = piece(data.data(), data.size());
    return s.send({&one, 1}, call);
}

void stream::shutdown_write() {
    constexpr auto call = "weft::stream::shutdown_write";
    stream_core& s = core(call);
    s.require_open(call);
    s.end_sending(call);
}

void stream::handshake() {
    constexpr auto call = "weft::stream::handshake";
    stream_core& s = core(call);
    s.require_usable(call);
    const detail::use_of_descriptor use(s);
    s.prepare(call);
}

// --- who is there ---

endpoint stream::remote_endpoint() const {
    constexpr auto call = "weft::stream::remote_endpoint";
    const stream_core& s = core(call);
    s.require_open(call);
    return detail::endpoint_of(s.fd(), &::getpeername, call);
}

endpoint stream::local_endpoint() const {
    constexpr auto call = "weft::stream::local_endpoint";
    const stream_core& s = core(call);
    s.require_open(call);
    return detail::endpoint_of(s.fd(), &::getsockname, call);
}

} // namespace weft
