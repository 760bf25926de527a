// SPDX-License-Identifier: BSL-1.0
// The closed loop over TLS: each message has to come back as it was sent. The sockets block: of an
// answer that has begun, the rest is on its way.
#pragma once

#include "benchmarks/scenarios/closed_loop.hpp"

#include <cstddef>
#include <string>
#include <vector>

// OpenSSL's SSL and SSL_CTX.
struct ssl_st;
struct ssl_ctx_st;

namespace bench {

class tls_loop : public closed_loop {
  public:
    tls_loop(unsigned port, int clients, std::size_t message);
    ~tls_loop() override;

  private:
    struct session {
        ssl_st* ssl = nullptr;
        int fd = -1;
    };
    void connect(int client) override;
    void begin(int client) override;
    bool go_on(int client) override;

    unsigned port_;
    std::string message_;
    std::string received_;
    std::vector<session> sessions_;
    ssl_ctx_st* context_;
};

} // namespace bench
