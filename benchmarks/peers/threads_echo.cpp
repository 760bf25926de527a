// SPDX-License-Identifier: BSL-1.0
// An echo server of the oldest kind: a thread for each connection, blocking recv and send. Built
// twice: as it is, and ported to tasks by a changed namespace and a library that is linked.
#include "benchmarks/peers/http_answer.hpp"

#include <gnu/libc-version.h>
#include <string>

#ifdef WEFT_PORTED
#include <weft/green.hpp>
#include <weft/run.hpp>
namespace threads = weft::green;
#else
#include <thread>
namespace threads = std;
#endif

namespace {

void serve(int fd) {
    peers::send_at_once(fd);
    char bytes[4096];
    for (ssize_t got = 0; (got = ::recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
        // A blocking send takes all, or the peer is gone.
        if (::send(fd, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) {
            break;
        }
    }
    ::close(fd);
}

void serve_all(const peers::listening_socket& listener) {
    for (;;) {
        int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            threads::thread(serve, fd).detach();
        }
    }
}

} // namespace

int main() {
    peers::listening_socket listener;
#ifdef WEFT_PORTED
    peers::announce("ported", WEFT_VERSION, listener.port());
    weft::run([&] { serve_all(listener); });
#else
    peers::announce("std::thread", (std::string("glibc-") + gnu_get_libc_version()).c_str(),
                    listener.port());
    serve_all(listener);
#endif
}
