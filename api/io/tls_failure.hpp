// SPDX-License-Identifier: BSL-1.0
//
// From what OpenSSL leaves in the thread's queue of errors to weft's. All fibers of a loop share
// that queue, so it is cleared right before a call into OpenSSL and read right after it, with no
// suspension between.
#pragma once

#include <weft/tls.hpp>

#include <openssl/ssl.h>
#include <string>

namespace weft::detail {

struct tls_failure {
    tls_errc why;
    std::string text;
};

// Why the last call failed; empties the queue. `connection`: null when there is none yet.
// `established`: its handshake is done.
tls_failure read_tls_failure(const SSL* connection, bool established);

// Throws tls_error (bad_configuration): "<what>: <why>".
[[noreturn]] void throw_bad_tls_configuration(const std::string& what);

} // namespace weft::detail
