// SPDX-License-Identifier: BSL-1.0
//
// What listener, unix_listener and server share: listening sockets, and how a connection is
// accepted from them.
//
// Where there are several sockets, as for a name with several addresses, the descriptor that is
// waited for is an epoll set of them, which is readable when one of them is.
#pragma once

#include "api/io/descriptor.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/listener.hpp>
#include <weft/tls.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace weft::detail {

// The file of a listening UNIX socket, which is to go when the listening ends.
struct socket_file {
    std::string path; // absolute; empty: there is none
    dev_t device = 0;
    ino_t number = 0;

    // Removes the file unless another one has taken its place.
    void remove() noexcept;
};

class listener_core final : public descriptor {
  public:
    // Listens on a host's addresses, "" for all there are. Blocks where the host is a name.
    static listener_core* open(const char* call, std::string_view host, std::uint16_t port,
                               const listen_options& options);
    // Listens on a UNIX socket.
    static listener_core* open_unix(const char* call, std::string_view path,
                                    const listen_options& options);

    // See listener::accept().
    stream accept(const char* call);
    // Ends the listening; who waits in accept() gets EBADF. Idempotent.
    void stop() noexcept;

    std::vector<endpoint> local_endpoints(const char* call) const;
    // The first socket, or -1.
    int native_handle() const noexcept;

  private:
    // `set`: the epoll set, where there are several.
    listener_core(loop_core& loop, std::vector<reactor::unique_fd> sockets, reactor::unique_fd set,
                  socket_file file, const tls_context* tls);
    static listener_core* make(std::vector<reactor::unique_fd> sockets, socket_file file,
                               const listen_options& options);

    reactor::unique_fd try_accept(int& error_number) noexcept;
    // The one place where a connection that was accepted becomes a stream.
    stream as_stream(reactor::unique_fd accepted);
    void wait_for_room(int shortage, const char* call, fibers::clock::duration& pause);

    std::vector<reactor::unique_fd> sockets_; // where there are several; else fd() is the one
    std::size_t next_ = 0;                    // of them, to look at first
    socket_file file_;
    std::optional<tls_context> tls_;
    bool shortage_reported_ = false;
};

} // namespace weft::detail
