// SPDX-License-Identifier: BSL-1.0
// The load generator's connections: opening them, sending a request, taking an answer.
//
// Invariant: a connection is idle (in the queue of those that rest), busy (one request under way)
// or lost (closed, counted, and the first reason kept); it never has two requests under way.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class connection_set {
  public:
    using clock = std::chrono::steady_clock;

    // on_answer is told when each answer's request went out and when the answer was complete.
    using answer_handler = std::function<void(clock::time_point sent, clock::time_point answered)>;

    connection_set(std::uint16_t port, int size);
    ~connection_set();
    connection_set(const connection_set&) = delete;
    connection_set& operator=(const connection_set&) = delete;

    // open connects all and has each answered once, at most `window` unanswered at a time, so that
    // no backlog overflows. Gives up after a long silence.
    void open(int window);

    // send_next sends on the connection that has rested longest; false when none is idle.
    bool send_next(std::string_view request);

    // take_answers waits for events for at most `limit` and hands out complete answers; false when
    // the time passed without any.
    bool take_answers(std::chrono::milliseconds limit, const answer_handler& on_answer);

    int busy() const { return busy_; }
    int idle() const { return static_cast<int>(idle_end_ - idle_begin_); }
    int lost() const { return lost_; }
    const std::string& first_error() const { return first_error_; }

  private:
    struct connection {
        int fd = -1;
        bool busy = false;
        std::uint32_t received = 0;
        clock::time_point sent_at{};
    };

    bool open_one(int index);
    void send_on(int index, std::string_view request);
    bool receive_on(connection&);
    void lose(connection&, std::string reason);
    void rest(int index);

    std::uint16_t port_;
    int epoll_fd_;
    std::vector<connection> connections_;
    std::vector<int> idle_queue_; // a ring; the counters only grow
    std::uint64_t idle_begin_ = 0;
    std::uint64_t idle_end_ = 0;
    int busy_ = 0;
    int lost_ = 0;
    std::string first_error_;
};

} // namespace bench
