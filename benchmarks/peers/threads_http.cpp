// SPDX-License-Identifier: BSL-1.0
// The HTTP server on std::thread: one thread per connection, blocking recv and send.
#include "benchmarks/peers/http_answer.hpp"

#include <gnu/libc-version.h>
#include <string>
#include <thread>

namespace {

void serve(int fd) {
    peers::send_at_once(fd);
    peers::request_buffer buffer;
    for (;;) {
        ssize_t got = ::recv(fd, buffer.space(), buffer.space_size(), 0);
        if (got <= 0) {
            break;
        }
        buffer.received(static_cast<std::size_t>(got));
        bool alive = true;
        while (alive && buffer.take_request()) {
            constexpr auto whole = static_cast<ssize_t>(peers::http_response.size());
            alive = ::send(fd, peers::http_response.data(), peers::http_response.size(),
                           MSG_NOSIGNAL) == whole; // a blocking send takes all, or the peer is gone
        }
        if (!alive) {
            break;
        }
    }
    ::close(fd);
}

} // namespace

int main() {
    peers::listening_socket listener;
    peers::announce("std::thread", (std::string("glibc-") + gnu_get_libc_version()).c_str(),
                    listener.port());
    for (;;) {
        int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            std::thread(serve, fd).detach();
        }
    }
}
