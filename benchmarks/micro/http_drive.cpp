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

void say(const char* word) {
    std::puts(word);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 3)
            throw std::invalid_argument("http_drive PORT CONNECTIONS");
        bench::message_clients clients(static_cast<unsigned>(std::atoi(argv[1])),
                                       std::atoi(argv[2]), {bench::http_exchange()});
        bench::message_loop load(clients);
        load.open();
        load.drive(std::chrono::hours(1), 2'000);
        say("ready");
        for (long long requests = 0; std::scanf("%lld", &requests) == 1;) {
            load.drive(std::chrono::hours(1), requests);
            say("done");
        }
    } catch (const std::exception& e) {
        std::fprintf(stderr, "http_drive: %s\n", e.what());
        return 1;
    }
}
