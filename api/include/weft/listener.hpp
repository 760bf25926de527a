// SPDX-License-Identifier: BSL-1.0
//
// Listening for connections, on a TCP port or on a UNIX socket's path.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/endpoint.hpp>
#include <weft/stream.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

class tls_context;

struct listen_options {
    int backlog = 4096;      // connections the kernel keeps until they are accepted
    bool reuse_port = false; // several listeners, one a loop, share the port
    bool nodelay = true;     // TCP_NODELAY on what is accepted
    bool keepalive = false;  // SO_KEEPALIVE on what is accepted, with the system's times
    // Of start_server() and start_unix_server(): how many connections are handled at once; those
    // that come then wait in the backlog. 0: any number.
    std::size_t max_connections = 0;
    // A server's: what is accepted are TLS streams, at once. Their handshake is part of the first
    // read or write, so that a slow client holds up nobody; stream::handshake() does it before. The
    // listener keeps a copy.
    const tls_context* tls = nullptr;
    // Of start_server() and start_unix_server() with tls: how long a client may take for its
    // handshake; then it is dropped.
    std::chrono::milliseconds handshake_timeout{60'000};
};

namespace detail {

class listener_core;

// What the listeners have in common. Move-only; the destructor closes. Belongs to the loop it was
// made on.
class WEFT_API listener_handle {
  public:
    // Stops listening; who waits in accept() gets EBADF. Does not block; closing again is fine.
    void close() noexcept;

    // The socket, the first one where there are several; -1 when closed.
    int native_handle() const noexcept;

  protected:
    explicit listener_handle(listener_core* core) noexcept : core_(core) {}
    listener_handle(listener_handle&&) noexcept;
    listener_handle& operator=(listener_handle&&) noexcept;
    ~listener_handle();
    listener_core& core(const char* call) const;

  private:
    listener_core* core_;
};

} // namespace detail

class WEFT_API listener : public detail::listener_handle {
  public:
    // Listens on `host`: a numeric address, "" for all there are (IPv6 and IPv4), or a name, then
    // on every address it has (that of a family which this machine lacks is passed over); and on a
    // port, 0 for any free one, the same for all addresses. Blocks only where the host is a name,
    // and is then cancellable. Throws std::system_error naming the address, or what resolve()
    // throws; no_running_loop, and not_in_task for a name.
    listener(std::string_view host, std::uint16_t port, const listen_options& options = {});

    // accept blocks until a connection has come, to whichever address. Cancellable; nothing is lost
    // then: connections wait in the backlog. When the process or the system is out of descriptors
    // or memory it reports so once, waits (100 ms, doubling to 1 s) and goes on. std::system_error
    // (EBADF) when the listener is closed, also while waiting.
    stream accept();

    // Where it listens, with the port the system chose; the first address where there are several.
    endpoint local_endpoint() const;
    std::vector<endpoint> local_endpoints() const;
};

class WEFT_API unix_listener : public detail::listener_handle {
  public:
    // Listens on a path; one that begins with '\0' is a name in the abstract namespace. A socket
    // file that is there already, and on which nobody listens any more, gives way. The file is
    // removed by close(), unless another one has taken its place. Does not block. Throws
    // std::system_error naming the path (EADDRINUSE when somebody listens or it is no socket,
    // ENAMETOOLONG, ...), std::invalid_argument for an empty path, no_running_loop.
    explicit unix_listener(std::string_view path, const listen_options& options = {});

    // As listener::accept().
    stream accept();

    endpoint local_endpoint() const;
};

} // namespace weft
