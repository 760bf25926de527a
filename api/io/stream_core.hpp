// SPDX-License-Identifier: BSL-1.0
//
// A stream's inside: its transport, what was read ahead, and who is at it.
//
// Each operation is "let the transport try, and when it cannot, wait outside of it and try again".
// After a read that has emptied the descriptor as far as anybody knows, the next one waits first
// and saves the call that would only say so.
#pragma once

#include "api/io/descriptor.hpp"
#include "api/io/layer.hpp"
#include "api/io/read_buffer.hpp"
#include "api/io/transport.hpp"

#include <weft/stream.hpp>

#include <memory>

namespace weft::detail {

class stream_core final : public descriptor {
  public:
    // Takes over a connected, non-blocking socket.
    static stream open(loop_core& loop, int fd);
    // Takes over a non-blocking descriptor for a transport that outlives every stream, such as
    // pipe_transport().
    static stream open(loop_core& loop, int fd, transport& bottom);

    // The inside of a stream. Throws EBADF when that is closed.
    static stream_core& of(const stream& s, const char* call) { return s.core(call); }

    void close() noexcept;

    // Puts a protocol between the stream and its transport. What was received and not read yet goes
    // to it.
    void put_over(std::unique_ptr<layer> upper);
    bool is_layered() const noexcept { return layers_ != nullptr; }
    const transport& way() const noexcept { return *transport_; }
    // Blocks until the transport has done what comes before the first byte.
    void prepare(const char* call);

    // Receives into `out`, at least one byte unless the stream has ended (0).
    std::size_t receive(std::span<char> out, const char* call);
    // Receives into the buffer, with room for at least `least` bytes; false at the end of the
    // stream.
    bool fill(std::size_t least, const char* call);
    // Sends what the pieces hold, the first ones at least in part; returns how much.
    std::size_t send(std::span<const iovec> pieces, const char* call);
    // Says that nothing more will be sent.
    void end_sending(const char* call);

    // Where `separator` ends in the buffer, received as needed; npos at the end of the stream.
    std::size_t find_end_of(std::string_view separator, const char* call);

    // Marks one direction as in use for as long as the guard lives. Throws busy.
    class use {
      public:
        use(stream_core& s, bool stream_core::*direction, const char* call);
        ~use();
        use(const use&) = delete;
        use& operator=(const use&) = delete;

      private:
        stream_core& stream_;
        bool stream_core::*direction_;
    };

    read_buffer buffer;
    std::size_t read_limit = 64 * 1024;
    bool reading = false;
    bool writing = false;
    bool ended = false; // the peer has sent its last byte, and it has been received

  private:
    stream_core(loop_core& loop, int fd, transport& bottom) noexcept
        : descriptor(loop, fd), transport_(&bottom) {}

    // Waits for what the attempt asks for. Throws the system's reason when it is another one than
    // that, and remembers it if it is the connection's end.
    void wait_after(const attempt& a, const char* call);
    void flush(const char* call);

    transport* transport_;
    std::unique_ptr<transport> layers_; // those over the lowest one, if there are any
    bool drained_ = false;              // nothing was left to read when last seen
    int broken_ = 0;                    // why the connection broke: the kernel tells it only once
};

} // namespace weft::detail
