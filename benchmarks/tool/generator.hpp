// SPDX-License-Identifier: BSL-1.0
// The load generator: the whole of a process of its own, plain epoll on one thread, so that what is
// measured is the server and not the thing that asks.
//
// It talks to its parent in lines, JSON one way and single words the other:
//     generator            parent
//     ready           ->                 memory before the connections is sampled
//                     <-   connect
//     held            ->                 every connection is open and was answered once
//                     <-   go
//     done            ->                 what was measured; the process ends
// Invariant: closed loop. `in_flight` requests are under way at any time; an answer makes the next
// request go out at once, on the connection that has rested longest.
#pragma once

#include <chrono>
#include <cstdint>

#include <sys/types.h>

namespace bench {

enum class load_kind {
    closed_loop, // short requests for `seconds`
    one_wait,    // one waiting request on every connection, all at once
};

struct load_settings {
    std::uint16_t port = 0;
    int connections = 1;
    int in_flight = 64;
    load_kind kind = load_kind::closed_loop;
    std::chrono::duration<double> warm_up{0.2};
    std::chrono::duration<double> seconds{1.0};
    pid_t server = 0; // whose processor time is read at both ends of the measured window
};

void generate_load(const load_settings&);

} // namespace bench
