// SPDX-License-Identifier: BSL-1.0
// The echo server on bare epoll.
#include "benchmarks/peers/epoll_loop.hpp"

#include <cerrno>
#include <string_view>

namespace {

class connection {
  public:
    connection(int epoll, int fd) : epoll_(epoll), fd_(fd) {}
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() { ::close(fd_); }

    bool serve(std::uint32_t events) {
        if ((events & EPOLLOUT) != 0) {
            peers::watch(epoll_, EPOLL_CTL_MOD, fd_, EPOLLIN, this);
            return send_back();
        }
        ssize_t got = ::recv(fd_, bytes_, sizeof(bytes_), 0);
        if (got <= 0) {
            return got < 0 && errno == EAGAIN;
        }
        rest_ = std::string_view(bytes_, static_cast<std::size_t>(got));
        return send_back();
    }

  private:
    // While the client takes nothing, nothing is read from it.
    bool send_back() {
        ssize_t sent = ::send(fd_, rest_.data(), rest_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            return false;
        }
        rest_.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
        if (!rest_.empty()) {
            peers::watch(epoll_, EPOLL_CTL_MOD, fd_, EPOLLOUT, this);
        }
        return true;
    }

    int epoll_;
    int fd_;
    std::string_view rest_;
    char bytes_[4096];
};

} // namespace

int main() {
    peers::serve_on_epoll<connection>([] { return -1; }, [] {});
}
