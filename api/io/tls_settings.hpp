// SPDX-License-Identifier: BSL-1.0
//
// What tls_context stands for: OpenSSL's context, and the sessions that a client may resume.
// Immutable but for those, which a mutex guards: loops of several threads share it.
#pragma once

#include "api/io/tls_sessions.hpp"

#include <weft/tls.hpp>

#include <memory>
#include <openssl/ssl.h>
#include <string>

namespace weft::detail {

struct ssl_free {
    void operator()(SSL* s) const noexcept { SSL_free(s); }
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
};

class tls_settings {
  public:
    static std::shared_ptr<tls_settings> client(const tls_client_options& options);
    static std::shared_ptr<tls_settings> server(const std::string& certificate_chain_file,
                                                const std::string& private_key_file,
                                                const tls_server_options& options);
    tls_settings(bool server, bool verify);

    static const std::shared_ptr<tls_settings>& of(const tls_context& c) noexcept {
        return c.settings_;
    }

    // A connection's state, not connected to anything; the caller's.
    SSL* new_connection() const;

    const bool is_server;
    const bool verifies; // a client: the server's certificate and name
    tls_sessions sessions;

  private:
    void require_at_least(tls_version v);
    void use_certificate(const std::string& chain_file, const std::string& key_file,
                         std::string password);
    static int choose_protocol(SSL*, const unsigned char** out, unsigned char* size,
                               const unsigned char* offered, unsigned offered_size, void* self);

    std::unique_ptr<SSL_CTX, ssl_free> context_;
    std::string protocols_; // of ALPN, as they are sent
};

} // namespace weft::detail
