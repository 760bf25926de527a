// SPDX-License-Identifier: BSL-1.0
// How the servers on weft begin: a port of the system's choosing, said on stdout, and a task for
// each connection.
#pragma once

#include "benchmarks/peers/http_answer.hpp"

#include <weft/weft.hpp>

namespace peers {

[[noreturn]] inline void serve_each(void (*serve)(weft::stream)) {
    weft::listener listener("127.0.0.1", 0);
    announce("weft", WEFT_VERSION, listener.local_endpoint().port());
    for (;;) {
        weft::spawn(serve, listener.accept()).detach();
    }
}

} // namespace peers
