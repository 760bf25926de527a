// SPDX-License-Identifier: BSL-1.0
//
// Listening for TCP connections.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/endpoint.hpp>
#include <weft/stream.hpp>

#include <cstdint>
#include <string_view>

namespace weft {

namespace detail {
class listener_core;
}

struct listen_options {
    int backlog = 4096;      // connections the kernel keeps until they are accepted
    bool reuse_port = false; // several listeners, one a loop, share the port
    bool nodelay = true;     // TCP_NODELAY on what is accepted
};

// Move-only; the destructor closes. Belongs to the loop it was made on.
class WEFT_API listener {
  public:
    // Listens on a numeric address, "" for all of them (IPv6 and IPv4), and a port, 0 for any free
    // one. Throws std::system_error naming the address, std::invalid_argument when it is not one,
    // no_running_loop.
    listener(std::string_view host, std::uint16_t port, const listen_options& options = {});
    listener(listener&&) noexcept;
    listener& operator=(listener&&) noexcept;
    ~listener();

    // accept blocks until a connection has come. Cancellable; nothing is lost then: connections
    // wait in the backlog. When the process or the system is out of descriptors or memory it
    // reports so once, waits (100 ms, doubling to 1 s) and goes on. std::system_error (EBADF) when
    // the listener is closed, also while waiting.
    stream accept();

    // Where it listens, with the port the system chose.
    endpoint local_endpoint() const;

    // Stops listening; who waits in accept() gets EBADF. Does not block; closing again is fine.
    void close() noexcept;

    int native_handle() const noexcept;

  private:
    detail::listener_core* core_;
};

} // namespace weft
