// SPDX-License-Identifier: BSL-1.0
// The servers, each the whole of its own process: they listen on 127.0.0.1, say on stdout which
// port they got and serve until they are killed.
//
// Invariant: a connection that gets no fiber or thread is told so (`refusal_prefix`) and counted by
// the client; the server goes on with the others.
#pragma once

#include "benchmarks/tool/side.hpp"

#include <cstdint>
#include <string_view>

namespace bench {

void serve_with_fibers();
void serve_with_threads();
void hold_sockets_only();

inline void serve(side which) {
    switch (which) {
    case side::fibers:
        return serve_with_fibers();
    case side::threads:
        return serve_with_threads();
    case side::sockets:
        return hold_sockets_only();
    }
}

// Shared by the servers (server_sockets.cpp).
int listening_socket();
int accept_from(int listening_fd);
void announce_port(std::uint16_t port);
void refuse(int fd, std::string_view reason);

} // namespace bench
