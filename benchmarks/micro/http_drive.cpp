// SPDX-License-Identifier: BSL-1.0
// The HTTP load for who watches the server by other means: http_drive PORT CONNECTIONS. Warms up
// and says "ready"; then, for each number read, makes so many requests and says "done".
#include "benchmarks/scenarios/closed_loop.hpp"
#include "benchmarks/scenarios/message_clients.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace {
constexpr std::chrono::hours no_limit{1};
}

int main(int argc, char** argv) {
    try {
        if (argc != 3) {
            throw std::invalid_argument("http_drive PORT CONNECTIONS");
        }
        bench::message_clients clients(static_cast<unsigned>(std::atoi(argv[1])),
                                       std::atoi(argv[2]), {bench::http_exchange()});
        bench::message_loop load(clients);
        load.open();
        load.drive(no_limit, 2'000);
        std::puts("ready");
        std::fflush(stdout);
        for (long long requests = 0; std::scanf("%lld", &requests) == 1;) {
            load.drive(no_limit, requests);
            std::puts("done");
            std::fflush(stdout);
        }
    } catch (const std::exception& e) {
        std::fprintf(stderr, "http_drive: %s\n", e.what());
        return 1;
    }
}
