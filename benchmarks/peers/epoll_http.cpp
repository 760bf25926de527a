// SPDX-License-Identifier: BSL-1.0
// The hand-written server that weft's is held against. Whoever waits stands in a queue by its
// deadline: all wait equally long, so the queue is sorted by itself.
#include "benchmarks/peers/computing.hpp"
#include "benchmarks/peers/epoll_loop.hpp"

#include <cerrno>
#include <deque>

namespace {

using clock = std::chrono::steady_clock;

class connection;
struct sleeper {
    clock::time_point until;
    connection* who;
};
using sleepers = std::deque<sleeper>;
sleepers sleeping;

class connection {
  public:
    connection(int epoll, int fd) : epoll_(epoll), fd_(fd) {}
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() {
        ::close(fd_);
        std::erase_if(sleeping, [this](const sleeper& one) { return one.who == this; });
    }

    bool serve(std::uint32_t events) {
        if ((events & EPOLLOUT) != 0) {
            peers::watch(epoll_, EPOLL_CTL_MOD, fd_, EPOLLIN, this);
        }
        if ((events & EPOLLIN) != 0) {
            ssize_t got = ::recv(fd_, buffer_.space(), buffer_.space_size(), 0);
            if (got <= 0) {
                return got < 0 && errno == EAGAIN;
            }
            buffer_.received(static_cast<std::size_t>(got));
            answer_requests();
        }
        return pay();
    }

    bool wake() {
        waits_ = false;
        owed_ += peers::http_response.size();
        answer_requests();
        return pay();
    }

  private:
    void answer_requests() {
        while (!waits_) {
            switch (buffer_.take_request()) {
            case peers::asked::nothing:
                return;
            case peers::asked::wait:
                waits_ = true;
                sleeping.push_back({clock::now() + peers::wait_time, this});
                return;
            case peers::asked::compute:
            case peers::asked::apart: // there is no such place
                peers::compute();
                break;
            case peers::asked::hello:
                break;
            }
            owed_ += peers::http_response.size();
        }
    }

    // Sends what is owed. The tail of one response may wait for the socket, so the debt is in
    // bytes.
    bool pay() {
        constexpr auto whole = peers::http_response.size();
        bool full = false;
        while (owed_ > 0 && !full) {
            std::size_t rest = (owed_ - 1) % whole + 1;
            ssize_t sent =
                ::send(fd_, peers::http_response.data() + whole - rest, rest, MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) {
                return false;
            }
            full = sent < 0;
            owed_ -= sent < 0 ? 0 : static_cast<std::size_t>(sent);
        }
        if (full) {
            peers::watch(epoll_, EPOLL_CTL_MOD, fd_, EPOLLIN | EPOLLOUT, this);
        }
        return true;
    }

    int epoll_;
    int fd_;
    bool waits_ = false;
    std::size_t owed_ = 0; // bytes of responses that the socket did not take yet
    peers::request_buffer buffer_;
};

int wait_left() {
    if (sleeping.empty()) {
        return -1;
    }
    const auto left = sleeping.front().until - clock::now();
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return milliseconds < 0 ? 0 : static_cast<int>(milliseconds);
}

void wake_sleepers() {
    while (!sleeping.empty() && sleeping.front().until <= clock::now()) {
        connection* const who = sleeping.front().who;
        sleeping.pop_front();
        if (!who->wake()) {
            delete who;
        }
    }
}

} // namespace

int main() {
    peers::serve_on_epoll<connection>(wait_left, wake_sleepers);
}
