// SPDX-License-Identifier: BSL-1.0
// Clients in a closed loop: each begins anew when it has its answer, so the server always has as
// much to do as there are clients, and what it manages is its saturation. Says nothing of latency:
// a client that waits asks nobody else meanwhile. All run on one epoll in the calling thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

namespace bench {

class message_clients;

class closed_loop {
  public:
    explicit closed_loop(int clients);
    closed_loop(const closed_loop&) = delete;
    closed_loop& operator=(const closed_loop&) = delete;
    virtual ~closed_loop();

    // open lets every client connect and get an answer, some hundreds at a time, so that no backlog
    // overflows.
    void open();

    // drive returns how many answers came: as many as were begun within the window, at most `most`.
    // Throws std::runtime_error on a wrong answer, a closed connection, or ten seconds without any
    // answer; `interrupted` after a signal.
    std::int64_t drive(std::chrono::duration<double> window,
                       std::int64_t most = std::numeric_limits<std::int64_t>::max());

    // at_once: everybody asks once, all at the same time.
    struct round {
        std::chrono::nanoseconds all{};              // until the last answer
        std::vector<std::chrono::nanoseconds> times; // each client's, from its own question
    };
    round at_once();

  protected:
    void watch(int client, int fd, std::uint32_t events);

  private:
    virtual void connect(int client) = 0;
    virtual void begin(int client) = 0;
    virtual bool go_on(int client) = 0; // takes what has come; true: the answer is complete

    template <class OnAnswer>
    void take_events(OnAnswer on_answer);

    int epoll_;
    int clients_;
};

// Requests on connections that stay open; they are the caller's.
class message_loop : public closed_loop {
  public:
    explicit message_loop(message_clients&);

  private:
    void connect(int client) override;
    void begin(int client) override;
    bool go_on(int client) override;

    message_clients& clients_;
};

} // namespace bench
