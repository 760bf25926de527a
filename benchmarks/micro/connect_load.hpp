// SPDX-License-Identifier: BSL-1.0
// Clients that come for one answer: each connects, asks, reads the answer and closes, so many at a
// time, on one epoll in the measuring process. Each round comes from another address, so that the
// ports of one are free again before it is used anew.
#pragma once

#include <cstdint>
#include <vector>

namespace micro {

class connect_load {
  public:
    connect_load(unsigned port, int at_once);
    connect_load(const connect_load&) = delete;
    connect_load& operator=(const connect_load&) = delete;
    ~connect_load();

    // drive returns when that many connections have come to their end. Throws std::runtime_error on
    // a wrong answer, a refused or broken connection, or ten seconds in which nothing happens.
    void drive(std::int64_t connections);

  private:
    struct client {
        int fd = -1;
        bool asked = false;
        std::size_t answered = 0; // bytes of the answer that are in
    };
    void connect(client& one);
    bool go_on(client& one); // false: this one has come to its end

    unsigned port_;
    int epoll_ = -1;
    std::uint32_t round_ = 0;
    std::vector<client> clients_;
};

} // namespace micro
