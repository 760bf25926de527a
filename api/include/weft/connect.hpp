// SPDX-License-Identifier: BSL-1.0
//
// Opening connections, to a host's TCP port or to a UNIX socket's path.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/stream.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

class tls_context;

struct connect_options {
    std::string local_address = {}; // address or name to connect from; empty: the system's choice
    bool nodelay = true;            // TCP_NODELAY
    // Where a name has several addresses: how long to wait for one before the next is tried beside
    // it. Zero or negative: all at once.
    std::chrono::milliseconds happy_eyeballs_delay{250};
    bool keepalive = false; // SO_KEEPALIVE, with the system's times
    // A client's: the connection is then encrypted by start_tls() before it is returned, which
    // throws what that throws. `server_name`: whom the certificate must be for; empty: the host.
    const tls_context* tls = nullptr;
    std::string server_name = {};
};

// open_connection blocks until a TCP connection to `host`, a name or a numeric address, stands. A
// name's addresses are tried as RFC 8305 has it: IPv6 and IPv4 in turn, in the order of resolve(),
// the next one when the last has failed or has taken happy_eyeballs_delay; the first that connects
// wins, and the others are given up. There is no time limit but the system's: see with_timeout().
//
// Cancellable: the attempts are given up and their descriptors closed. Throws std::system_error:
// what resolve() throws; or, when no address could be reached, the reason (ECONNREFUSED, ...) with
// all addresses in its text. Where they failed differently, each stands there with its reason, and
// code() is the first that is not for lack of a way from here (ENETUNREACH, EHOSTUNREACH,
// EADDRNOTAVAIL, EAFNOSUPPORT). not_in_task, no_running_loop. asyncio.open_connection.
WEFT_API stream open_connection(std::string_view host, std::uint16_t port,
                                const connect_options& options = {});

// open_unix_connection blocks until the UNIX socket at `path` is connected; a path that begins with
// '\0' is a name in the abstract namespace. Waits while the listener's backlog is full.
// Cancellable. Throws std::system_error with the system's reason (ENOENT, ECONNREFUSED when nobody
// listens any more, ENAMETOOLONG, ...) and the path in its text, std::invalid_argument for an empty
// path, not_in_task, no_running_loop. asyncio.open_unix_connection.
WEFT_API stream open_unix_connection(std::string_view path);

} // namespace weft
