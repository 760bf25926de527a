// SPDX-License-Identifier: BSL-1.0
// The clients of the HTTP comparison: keep-alive connections in a closed loop (each sends its next
// request when its answer is complete) on one epoll in the measuring process. The same for every
// server, and every byte that comes back is compared.
#pragma once

#include "benchmarks/peers/http_answer.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace micro {

class http_load {
  public:
    static constexpr std::string_view http_request =
        "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";

    http_load(unsigned port, int connections, std::string_view request = http_request,
              std::string_view answer = peers::http_response);
    http_load(const http_load&) = delete;
    http_load& operator=(const http_load&) = delete;
    ~http_load();

    // drive returns when that many requests have been answered. Throws std::runtime_error on a
    // wrong answer, a closed connection, or ten seconds without any answer.
    void drive(std::int64_t requests);

  private:
    struct client {
        int fd = -1;
        std::size_t answered = 0; // bytes of the current answer that are in
    };
    void ask(int fd) const;
    void receive(client& one);

    std::string_view request_;
    std::string_view answer_;
    int epoll_ = -1;
    std::int64_t to_send_ = 0;
    std::int64_t to_receive_ = 0;
    std::vector<client> clients_;
};

// Each message comes back as it was sent.
struct echo_load : http_load {
    echo_load(unsigned port, int connections)
        : http_load(port, connections, http_request, http_request) {}
};

} // namespace micro
