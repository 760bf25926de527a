// SPDX-License-Identifier: BSL-1.0
//
// A stream's inside: the socket, what was read ahead, and who is at it.
//
// Each operation is "try, and when the kernel says EAGAIN, wait and try again". After a read that
// brought less than there was room for, the socket is empty as far as anybody knows, so the next
// read waits first and saves the call that would only say so.
#pragma once

#include "api/io/descriptor.hpp"
#include "api/io/read_buffer.hpp"

#include <weft/stream.hpp>

#include <sys/socket.h>

namespace weft::detail {

class stream_core final : public descriptor {
  public:
    // Takes over a connected, non-blocking socket.
    static stream open(loop_core& loop, int fd);

    // Receives into `out`, at least one byte unless the stream has ended (0).
    std::size_t receive(std::span<char> out, const char* call);
    // Receives into the buffer, with room for at least `least` bytes; false at the end of the
    // stream.
    bool fill(std::size_t least, const char* call);
    // Sends what the pieces hold, the first ones at least in part; returns how much.
    std::size_t send(std::span<const iovec> pieces, const char* call);

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
    using descriptor::descriptor;
    // Throws the system's reason, errno, and remembers it if it is the connection's end.
    [[noreturn]] void fail(const char* call);

    bool drained_ = false; // nothing was left to read when last seen
    int broken_ = 0;       // why the connection broke: the kernel tells it only once
};

} // namespace weft::detail
