// SPDX-License-Identifier: BSL-1.0
// Clients that come for one answer: each connects, asks, reads the answer and closes, and then
// comes again. A visit ends with a reset, so that its port is free at once.
#pragma once

#include "benchmarks/scenarios/closed_loop.hpp"
#include "benchmarks/scenarios/message_clients.hpp"

#include <cstddef>
#include <vector>

namespace bench {

class visit_loop : public closed_loop {
  public:
    visit_loop(unsigned port, int clients);
    ~visit_loop() override;

  private:
    struct client {
        int fd = -1;
        bool asked = false;
        std::size_t answered = 0; // bytes of the answer that are in
    };
    void connect(int) override {} // is part of the visit
    void begin(int client) override;
    bool go_on(int client) override;

    unsigned port_;
    exchange exchange_;
    std::vector<client> clients_;
};

} // namespace bench
