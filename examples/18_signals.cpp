// SPDX-License-Identifier: BSL-1.0
//
// Signals and a graceful shutdown: SIGHUP reads the configuration again, SIGTERM or Ctrl-C stops
// taking orders, finishes those that were taken, for five seconds at most, and ends. A second
// Ctrl-C during that time ends the program at once.
//
//     18_signals            sends the signals to itself
//     18_signals wait       waits for yours
#include <weft/weft.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>

using namespace std::chrono_literals;

namespace {

void send_signals_later() {
    weft::loop& loop = weft::running_loop();
    loop.call_later(50ms, [] { std::raise(SIGHUP); });
    loop.call_later(150ms, [] { std::raise(SIGTERM); });
}

} // namespace

int main(int argc, char**) {
    weft::run([&] {
        weft::loop& loop = weft::running_loop();
        loop.add_signal_handler(SIGHUP, [] { std::puts("configuration read again"); });

        weft::queue<int> orders;
        auto worker = weft::spawn([&] {
            for (const int order : orders) { // until the queue is shut down and empty
                weft::sleep_for(100ms);
                std::printf("order %d done\n", order);
            }
        });
        for (int order = 1; order <= 3; ++order) {
            orders.put(order);
        }
        if (argc == 1) {
            send_signals_later();
        }

        const int signal = weft::wait_signal({SIGINT, SIGTERM});
        std::printf("%s: no new orders\n", signal == SIGTERM ? "SIGTERM" : "Ctrl-C");
        loop.add_signal_handler(SIGINT, [] { std::_Exit(130); });
        orders.shutdown();
        weft::with_timeout(5s, [&] { worker.get(); });
        std::puts("good night");
    });
}
