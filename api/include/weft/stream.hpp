// SPDX-License-Identifier: BSL-1.0
//
// A byte stream over a connected socket, a pipe or TLS: one object for both directions, with a read
// buffer. asyncio's StreamReader and StreamWriter in one.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/endpoint.hpp>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weft {

namespace detail {
class stream_core;
}

// Move-only; the destructor closes. One task may read while another writes; a second reader or
// writer gets `busy`. Belongs to the loop it was made on: another thread gets wrong_loop.
//
// Every blocking call is cancellable and then throws `cancelled` with nothing lost: what was
// received stays in the stream for the next read; of a write, a part may have been sent, as the
// peer would see after any failure. A call that can be served at once does not switch. All of them
// throw not_in_task and no_running_loop, and std::system_error with the system's reason: ECONNRESET
// when the peer reset the connection, EPIPE when it no longer reads, EBADF when the stream is
// closed, also when another task closes it while this one waits.
class WEFT_API stream {
  public:
    stream() noexcept; // closed
    stream(stream&&) noexcept;
    stream& operator=(stream&&) noexcept;
    ~stream();

    // Takes over a connected socket and makes it non-blocking. Throws std::system_error; the
    // descriptor is then still the caller's.
    static stream from_socket(int fd);
    // The same for one end of a pipe, a terminal, another character device, or a socket; anything
    // else is std::invalid_argument. A pipe or terminal that other processes share stays blocking
    // for them. The direction it was not opened for is std::system_error (EBADF). asyncio's
    // connect_read_pipe and connect_write_pipe.
    static stream from_pipe(int fd);

    // read_some blocks until at least one byte is there and returns how many were put into `out`; 0
    // at the end of the stream, or when `out` is empty.
    std::size_t read_some(std::span<std::byte> out);
    // The same as a string of at most n bytes; empty at the end.
    std::string read(std::size_t n);
    // Blocks until n bytes are there. incomplete_read, with what came, when the stream ends before.
    std::string read_exactly(std::size_t n);
    // Blocks until `separator` has come and returns everything up to and including it.
    // incomplete_read, with what came, when the stream ends before; limit_overrun when the limit is
    // reached first, and the data stay. An empty separator: std::invalid_argument.
    std::string read_until(std::string_view separator);
    // Up to and including '\n'; at the end of the stream what is left, then empty. limit_overrun as
    // above.
    std::string read_line();
    // Everything up to the end of the stream. When cancelled, what has come stays in the stream.
    std::string read_all();

    // write blocks until the kernel has taken all of it. Back-pressure is the blocking.
    void write(std::span<const std::byte> data);
    void write(std::string_view text);
    // Several pieces in one system call where possible, without a copy.
    void write(std::initializer_list<std::string_view> pieces);
    void write(std::span<const std::string_view> pieces);
    // Blocks until the kernel takes something and returns how much; 0 only for no data.
    std::size_t write_some(std::span<const std::byte> data);

    // Says that nothing more will be written; reading goes on. Does not block. The end of a pipe
    // for writing is closed by it.
    void shutdown_write();
    // Blocks until a TLS stream's handshake is done, which otherwise the first read or write does;
    // nothing on other streams.
    void handshake();
    // Closes the connection; who waits in it gets std::system_error (EBADF). Does not block;
    // closing again is fine.
    void close() noexcept;

    // Whether a read has met the end of the stream and everything before it has been read.
    bool at_eof() const;

    // Throw std::system_error on a closed stream.
    endpoint remote_endpoint() const;
    endpoint local_endpoint() const;

    // The descriptor, still the stream's; -1 when closed. Do not close it.
    int native_handle() const noexcept;
    // Gives the descriptor (non-blocking) to the caller and leaves the stream closed. What was
    // received but not read yet is lost: throws invalid_state when there is any, and for TLS.
    int release();

    // How far read_until and read_line look for their separator; 64 KiB to begin with.
    void set_read_limit(std::size_t bytes);

  private:
    friend class detail::stream_core;
    explicit stream(detail::stream_core* core) noexcept : core_(core) {}
    detail::stream_core& core(const char* call) const;

    detail::stream_core* core_ = nullptr;
};

} // namespace weft
