// SPDX-License-Identifier: BSL-1.0
// The echo server on state-threads.
#include "benchmarks/peers/state_threads_server.hpp"

int main() {
    return peers::serve_on_state_threads<peers::serve_echo>();
}
