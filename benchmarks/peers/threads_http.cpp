// SPDX-License-Identifier: BSL-1.0
// The HTTP server on std::thread: one thread per connection, blocking recv and send. A thread that
// computes holds up nobody, so there is nowhere better to do it.
#include "benchmarks/peers/blocking_server.hpp"
#include "benchmarks/peers/thread_each.hpp"

#include <thread>

namespace {

struct wire {
    int fd;

    ssize_t read(char* into, std::size_t size) const { return ::recv(fd, into, size, 0); }
    bool write(std::string_view all) const { // a blocking send takes all, or the client is gone
        return ::send(fd, all.data(), all.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(all.size());
    }
    void sleep(std::chrono::milliseconds time) const { std::this_thread::sleep_for(time); }
    void apart(void (*work)()) const { work(); }
};

void serve(int fd) {
    wire to_client{fd};
    peers::serve_http(to_client);
    ::close(fd);
}

} // namespace

int main() {
    return peers::thread_each(serve);
}
