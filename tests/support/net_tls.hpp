// SPDX-License-Identifier: BSL-1.0
//
// What tests of TLS have in common.
#pragma once

#include "tests/support/net_streams.hpp"

#include <weft/tls.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace weft::test {

// Two ends with the handshake done; the near one is the client.
inline stream_pair connected() {
    return encrypt(connect_unix(), test_client(), test_server());
}

// The reason of the tls_error that f throws.
template <class F>
tls_errc tls_error_of(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (const tls_error& e) {
        return static_cast<tls_errc>(e.code().value());
    }
    ADD_FAILURE() << "no tls_error was thrown";
    return {};
}

// Looks like application data, and has never seen the key.
inline std::string forged_record() {
    return std::string("\x17\x03\x03\x00\x14", 5) + std::string(20, 'x');
}

} // namespace weft::test
