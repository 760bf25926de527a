// SPDX-License-Identifier: BSL-1.0
// A TCP connection on a plain blocking socket, with the member names of weft::stream.
//
// Invariant: it owns its descriptor, and does per call what weft::stream does when nothing has to
// wait: one recv for a request, one send for an answer, no copying beyond the returned string.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

class end_of_blocking_stream : public std::runtime_error {
  public:
    end_of_blocking_stream() : std::runtime_error("the peer closed the connection") {}
};

class blocking_stream {
  public:
    explicit blocking_stream(int fd) noexcept : fd_(fd) {}
    blocking_stream(blocking_stream&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), unread_(std::move(other.unread_)) {}
    blocking_stream& operator=(blocking_stream&&) = delete;
    ~blocking_stream() { close(); }

    // read_until returns everything up to and including the separator and keeps what follows it.
    // Throws end_of_blocking_stream at the end, std::system_error on errors.
    std::string read_until(std::string_view separator);

    // write sends all of `data`. Throws std::system_error.
    void write(std::string_view data);

    void close() noexcept;

  private:
    int fd_;
    std::string unread_;
};

} // namespace bench
