// SPDX-License-Identifier: BSL-1.0
//
// Opening TCP connections.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/stream.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

struct connect_options {
    std::string local_address = {}; // numeric address to connect from; empty: the system's choice
    bool nodelay = true;            // TCP_NODELAY
    // Where a name has several addresses: how long to wait for one before the next is tried beside
    // it.
    std::chrono::milliseconds happy_eyeballs_delay{250};
};

// open_connection blocks until a TCP connection to a numeric IPv4 or IPv6 address stands.
// Cancellable: the attempt is given up and its descriptor closed. Throws std::system_error with the
// system's reason (ECONNREFUSED, ...) and the address in its text, std::invalid_argument when host
// is not a numeric address, not_in_task, no_running_loop. asyncio.open_connection.
WEFT_API stream open_connection(std::string_view host, std::uint16_t port,
                                const connect_options& options = {});

} // namespace weft
