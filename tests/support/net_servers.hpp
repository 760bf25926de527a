// SPDX-License-Identifier: BSL-1.0
//
// What tests of servers share: a handler that echoes, and a way to it.
#pragma once

#include <weft/connect.hpp>
#include <weft/server.hpp>
#include <weft/stream.hpp>

#include <string>

namespace weft::test {

inline void echo(stream peer) {
    for (std::string text; !(text = peer.read(100)).empty();) {
        peer.write(text);
    }
}

inline stream connect_to(const server& s) {
    return open_connection("127.0.0.1", s.local_endpoint().port());
}

} // namespace weft::test
