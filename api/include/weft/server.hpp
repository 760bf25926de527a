// SPDX-License-Identifier: BSL-1.0
//
// A server: accepts connections and runs a handler for each, in a task of its own.
#pragma once

#include <weft/detail/callback.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/source_location.hpp>
#include <weft/endpoint.hpp>
#include <weft/listener.hpp>
#include <weft/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

namespace detail {

class server_core;

// What a server calls for each connection.
class WEFT_API connection_handler {
  public:
    connection_handler() noexcept = default;
    virtual ~connection_handler();
    connection_handler(const connection_handler&) = delete;
    connection_handler& operator=(const connection_handler&) = delete;
    virtual void handle(stream connection) = 0;
};

template <class F>
class connection_handler_of final : public connection_handler {
  public:
    template <class G>
    explicit connection_handler_of(std::in_place_t, G&& f) : function_(std::forward<G>(f)) {}
    void handle(stream connection) override { std::invoke(function_, std::move(connection)); }

  private:
    F function_;
};

template <class F>
std::shared_ptr<connection_handler> make_connection_handler(F&& f) {
    return std::make_shared<connection_handler_of<std::decay_t<F>>>(std::in_place,
                                                                    std::forward<F>(f));
}

} // namespace detail

// Move-only. Belongs to the loop it was started on; what blocks throws cancelled, not_in_task,
// no_running_loop and, on another thread, wrong_loop.
//
// Each connection is handled by a task, which the server owns. An error that leaves the handler
// ends that connection and goes to the loop's exception handler; not so `cancelled` and what says
// that the peer has gone (ECONNRESET, EPIPE, tls_errc::truncated) or speaks no TLS. With
// options.tls the handshake is the beginning of that task, within options.handshake_timeout; the
// handler is called when it is done. A connection for which there is no memory is dropped,
// and reported so; for want of descriptors those that come wait, see listener::accept().
class WEFT_API server {
  public:
    server() noexcept; // closed
    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    // Stops listening, cancels the handlers and waits until they have ended; a cancel of this task
    // that arrives meanwhile is kept. A handler that destroys its own server goes on. In a callback
    // there is nobody to wait: the loop is left to end the handlers.
    ~server();

    // Blocks until close() and the end of the last handler. Cancelled, it closes the server, waits
    // for the handlers nevertheless, then throws `cancelled`; a second cancel ends that wait.
    // Handlers are not hurried: for those of idle connections use close_clients(), or destroy the
    // server. asyncio.Server.serve_forever.
    void serve_forever();

    // Stops listening; the handlers go on. Idempotent, does not block.
    void close() noexcept;
    // Cancels the handlers, all but one that calls this. Does not block.
    void close_clients() noexcept;
    // Blocks until the server is closed and no handler is left. Cancellable: only this wait ends.
    // Throws invalid_state in a handler of this server, which would wait for itself.
    void wait_closed();

    // Whether it still accepts connections.
    bool is_serving() const noexcept;
    // How many connections are being handled.
    std::size_t connections() const noexcept;

    // Where it listens, with the port the system chose; the first address where there are several.
    // std::system_error (EBADF) when it is closed.
    endpoint local_endpoint() const;
    std::vector<endpoint> local_endpoints() const;

  private:
    friend class detail::server_core;
    explicit server(std::shared_ptr<detail::server_core> core) noexcept;
    void end() noexcept;
    std::shared_ptr<detail::server_core> core_; // null: never started, or moved from
};

namespace detail {

WEFT_API server start_server(std::shared_ptr<connection_handler> handler, std::string_view host,
                             std::uint16_t port, const listen_options& options,
                             source_location where);
WEFT_API server start_unix_server(std::shared_ptr<connection_handler> handler,
                                  std::string_view path, const listen_options& options,
                                  source_location where);

} // namespace detail

// start_server listens as listener(host, port, options) does, begins to accept, and calls
// handler(stream) in a new task for each connection: one and the same copy of it, for as many at
// once as options.max_connections allows. Blocks only where the host is a name. Throws what
// listener's constructor throws; spawn_error. asyncio.start_server.
template <detail::callback<stream> F>
[[nodiscard]] server
start_server(F&& handler, std::string_view host, std::uint16_t port,
             const listen_options& options = {},
             detail::source_location where = detail::std_source_location::current()) {
    return detail::start_server(detail::make_connection_handler(std::forward<F>(handler)), host,
                                port, options, where);
}

// The same on a UNIX socket, see unix_listener. asyncio.start_unix_server.
template <detail::callback<stream> F>
[[nodiscard]] server
start_unix_server(F&& handler, std::string_view path, const listen_options& options = {},
                  detail::source_location where = detail::std_source_location::current()) {
    return detail::start_unix_server(detail::make_connection_handler(std::forward<F>(handler)),
                                     path, options, where);
}

} // namespace weft
