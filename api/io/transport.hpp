// SPDX-License-Identifier: BSL-1.0
//
// How a stream gets at its bytes: through a socket, a pipe, or a protocol over another transport.
//
// A transport only tries and never suspends; stream_core waits, on the descriptor underneath, for
// what the transport names. So nothing of a transport, nor of a library inside it, is ever on the
// stack of a fiber that sleeps. One that has no state of its own is a constant which all streams
// share; one call of each kind may be going on in a stream, by different tasks.
//
// To add a kind of stream: derive, and hand it to stream_core::open(); pipe_transport.cpp is the
// smallest example. For a pipe that is made here: pipe2(O_NONBLOCK | O_CLOEXEC), then
// stream_core::open(loop, fd, pipe_transport()). A protocol over a stream that is open: layer.hpp.
#pragma once

#include "api/io/descriptor.hpp"
#include "reactor/readiness.hpp"

#include <cerrno>
#include <cstddef>
#include <span>

#include <sys/uio.h>

namespace weft::detail {

class tls_transport;

// What came of one try.
struct attempt {
    // How many bytes, 0 for the end of the stream; or minus an error number. -EAGAIN: try again
    // once the descriptor is ready for `wanted`.
    std::ptrdiff_t bytes;
    reactor::direction wanted = reactor::direction::read;
    bool drained = false; // of receive: nothing more can come before the descriptor is readable
    bool unsent = false;  // of send: some of it is still inside; flush() is to follow

    static attempt failed(int error_number) noexcept { return {-error_number}; }
    static attempt again(reactor::direction d) noexcept {
        return {.bytes = -EAGAIN, .wanted = d, .drained = false, .unsent = false};
    }
};

// `d` is the stream's open descriptor. Errors that are no error numbers are thrown, with the name
// of the call.
class transport {
  public:
    transport() noexcept = default;
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;
    virtual ~transport() = default;

    // Receives into `out`, which is not empty.
    virtual attempt receive(descriptor& d, std::span<char> out, const char* call) = 0;
    // Sends of the pieces, of which there is at least one and none is empty, the first ones.
    virtual attempt send(descriptor& d, std::span<const iovec> pieces, const char* call) = 0;
    // Says that nothing more will be sent.
    virtual attempt end_sending(descriptor& d, const char* call) = 0;

    // Does what has to come before the first byte, which otherwise the first call does.
    virtual attempt prepare(descriptor&, const char* /*call*/) { return {0}; }
    // Sends what earlier calls have left inside; 0 when nothing is left.
    virtual attempt flush(descriptor&, const char* /*call*/) { return {0}; }
    // The descriptor is about to be closed: a last word, if it can be said without waiting.
    virtual void closing(descriptor&) noexcept {}
    // Null unless it is TLS.
    virtual const tls_transport* as_tls() const noexcept { return nullptr; }
};

} // namespace weft::detail
