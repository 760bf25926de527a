// SPDX-License-Identifier: BSL-1.0
// The clients of the TLS comparison: connections in a closed loop (each sends its next message when
// the last one has come back) on one epoll in the measuring process. The same for every server, and
// every byte that comes back is compared.
#pragma once

#include <cstdint>
#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <vector>

namespace micro {

class tls_load {
  public:
    tls_load(unsigned port, int connections, std::size_t message);
    tls_load(const tls_load&) = delete;
    tls_load& operator=(const tls_load&) = delete;
    ~tls_load();

    // drive returns when that many messages have come back. Throws std::runtime_error on a wrong
    // one, a closed connection, or ten seconds without any.
    void drive(std::int64_t messages);

  private:
    void ask(SSL* one);
    void receive(SSL* one);

    std::string message_;
    std::string received_;
    int epoll_ = -1;
    std::int64_t to_send_ = 0;
    std::int64_t to_receive_ = 0;
    SSL_CTX* context_ = nullptr;
    std::vector<SSL*> clients_;
};

// A load of messages of that size.
template <std::size_t Size>
struct tls_load_of : tls_load {
    tls_load_of(unsigned port, int connections) : tls_load(port, connections, Size) {}
};

} // namespace micro
