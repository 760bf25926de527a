// SPDX-License-Identifier: BSL-1.0
// tls_loop: see the header.
#include "benchmarks/scenarios/tls_loop.hpp"

#include "benchmarks/scenarios/message_clients.hpp"

#include <openssl/ssl.h>
#include <stdexcept>

#include <sys/epoll.h>
#include <unistd.h>

namespace bench {

tls_loop::tls_loop(unsigned port, int clients, std::size_t message)
    : closed_loop(clients),
      port_(port),
      message_(message, 'm'),
      received_(message, '\0'),
      sessions_(static_cast<std::size_t>(clients)),
      context_(SSL_CTX_new(TLS_client_method())) {}

tls_loop::~tls_loop() {
    for (const session& each : sessions_) {
        SSL_free(each.ssl);
        if (each.fd >= 0)
            ::close(each.fd);
    }
    SSL_CTX_free(context_);
}

void tls_loop::connect(int client) {
    session& self = sessions_[static_cast<std::size_t>(client)];
    self = {SSL_new(context_), connect_to_server(port_)};
    SSL_set_fd(self.ssl, self.fd);
    if (SSL_connect(self.ssl) != 1)
        throw std::runtime_error("the server does not shake hands");
    watch(client, self.fd, EPOLLIN);
}

void tls_loop::begin(int client) {
    std::size_t sent = 0;
    if (SSL_write_ex(sessions_[static_cast<std::size_t>(client)].ssl, message_.data(),
                     message_.size(), &sent) != 1)
        throw std::runtime_error("the server takes no message");
}

bool tls_loop::go_on(int client) {
    SSL* const ssl = sessions_[static_cast<std::size_t>(client)].ssl;
    for (std::size_t count = 0; count < message_.size();) {
        std::size_t got = 0;
        if (SSL_read_ex(ssl, received_.data() + count, message_.size() - count, &got) != 1)
            throw std::runtime_error("the server closed a connection");
        count += got;
    }
    if (received_ != message_)
        throw std::runtime_error("a wrong answer");
    return true;
}

} // namespace bench
