// SPDX-License-Identifier: BSL-1.0
// The HTTP server on Boost.Fiber.
#include "benchmarks/peers/boost_fiber_server.hpp"

int main() {
    return peers::serve_on_boost_fiber<peers::serve_http>();
}
