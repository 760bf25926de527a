// SPDX-License-Identifier: BSL-1.0
// The TLS echo on std::thread and plain blocking OpenSSL: one thread per connection. Arguments: the
// files of certificate and key.
#include "benchmarks/peers/http_answer.hpp"

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <openssl/opensslv.h>
#include <openssl/ssl.h>
#include <thread>

namespace {

void serve(SSL* connection, int fd) {
    peers::send_at_once(fd);
    SSL_set_fd(connection, fd);
    char bytes[std::size_t{16} * 1024];
    if (SSL_accept(connection) == 1) {
        for (int n = 0; (n = SSL_read(connection, bytes, sizeof(bytes))) > 0;) {
            if (SSL_write(connection, bytes, n) != n) {
                break;
            }
        }
    }
    SSL_free(connection);
    ::close(fd);
}

} // namespace

int main(int, char** files) {
    std::signal(SIGPIPE, SIG_IGN);
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, files[1]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, files[2], SSL_FILETYPE_PEM) != 1) {
        std::fputs("no certificate\n", stderr);
        return 1;
    }
    peers::listening_socket listener;
    peers::announce("OpenSSL", OPENSSL_VERSION_STR, listener.port());
    for (;;) {
        const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            std::thread(serve, SSL_new(context), fd).detach();
        }
    }
}
