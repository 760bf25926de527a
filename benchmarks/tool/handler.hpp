// SPDX-License-Identifier: BSL-1.0
// The code under comparison: what serves one connection, written once as blocking code.
//
// Invariant: a Side only names types and calls (`stream`, `end_of_stream`, `wait`); it never
// changes what the handler does. On threads each call blocks a thread, on fibers it blocks one
// fiber.
#pragma once

#include "benchmarks/tool/protocol.hpp"

#include <string>
#include <system_error>

namespace bench {

template <class Side>
void serve_connection(typename Side::stream connection) {
    try {
        for (;;) {
            const std::string request = connection.read_until(end_of_request);
            if (request.starts_with(waiting_request_start))
                Side::wait(server_wait);
            connection.write(answer);
        }
    } catch (const typename Side::end_of_stream&) { // the client is done
    } catch (const std::system_error&) {            // the client reset the connection
    }
}

} // namespace bench
