// SPDX-License-Identifier: BSL-1.0
// What every HTTP server here has in common: the bytes it answers with, where a request ends, what
// may be asked for, and how it says that it is ready. A server is a peer that is not asked
// anything: it prints its name and its port, and serves keep-alive connections until it is killed.
#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

namespace peers {

inline constexpr std::string_view http_head_end = "\r\n\r\n";
inline constexpr std::string_view http_response =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!";

inline void announce(const char* name, const char* version, unsigned port) {
    std::printf("peer %s %s\nport %u\n", name, version, port);
    std::fflush(stdout);
}

// What a server does before it answers, by the first letter of the path. The answer is the same.
enum class asked {
    nothing, // the request is not complete
    hello,   // "GET / ": nothing more
    wait,    // "GET /wait ": wait_time, without the processor
    compute, // "GET /compute ": the work of computing.hpp, where the request is served
    apart,   // "GET /apart ": the same work, where the runtime wants such work to be done
};

inline constexpr std::chrono::milliseconds wait_time{100};

inline asked what_is_asked(std::string_view head) {
    constexpr std::size_t first_letter = std::string_view("GET /").size();
    switch (head.size() > first_letter ? head[first_letter] : ' ') {
    case 'w':
        return asked::wait;
    case 'c':
        return asked::compute;
    case 'a':
        return asked::apart;
    default:
        return asked::hello;
    }
}

// request_buffer: what one connection has received and not yet answered.
class request_buffer {
  public:
    char* space() { return bytes_ + filled_; }
    std::size_t space_size() const { return sizeof(bytes_) - filled_; }
    void received(std::size_t count) { filled_ += count; }

    // take_request: removes one complete request head and says what it asks for.
    asked take_request() {
        const std::string_view all(bytes_, filled_);
        std::size_t end = all.find(http_head_end);
        if (end == std::string_view::npos) {
            return asked::nothing;
        }
        const asked what = what_is_asked(all.substr(0, end));
        std::size_t used = end + http_head_end.size();
        filled_ -= used;
        if (filled_ > 0) {
            std::memmove(bytes_, bytes_ + used, filled_);
        }
        return what;
    }

  private:
    char bytes_[4096];
    std::size_t filled_ = 0;
};

// listening_socket: bound to any free port of the loopback interface, for servers on bare sockets.
class listening_socket {
  public:
    explicit listening_socket(int flags = 0) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
        if (fd_ < 0 || ::bind(fd_, generic, size) != 0 || ::listen(fd_, 4096) != 0 ||
            ::getsockname(fd_, generic, &size) != 0) {
            throw std::runtime_error("cannot listen on the loopback interface");
        }
        port_ = ntohs(address.sin_port);
    }
    int fd() const { return fd_; }
    unsigned port() const { return port_; }

  private:
    int fd_ = -1;
    unsigned port_ = 0;
};

inline void send_at_once(int fd) {
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

} // namespace peers
