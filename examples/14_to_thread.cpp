// SPDX-License-Identifier: BSL-1.0
//
// A call that blocks its thread, from a library that knows nothing of weft, moved to a thread of
// the pool. It holds up the task that waits for it and nobody else: the clock goes on ticking.
//
//     14_to_thread
#include <weft/weft.hpp>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

std::string compress(const std::string& text) {
    std::this_thread::sleep_for(150ms); // stands for a computation, or a blocking read
    return text.substr(0, 2);
}

void tick(int& ticks) {
    for (;;) {
        weft::sleep_for(10ms);
        ++ticks;
    }
}

} // namespace

int main() {
    weft::run([] {
        int ticks = 0;
        const auto clock = weft::spawn(tick, std::ref(ticks)); // ends with its handle
        const auto [first, second] =
            weft::gather([] { return weft::to_thread(compress, std::string("warp")); },
                         [] { return weft::to_thread(compress, std::string("weft")); });
        std::cout << first << " " << second << "\n";
        std::cout << (ticks > 2 ? "the clock went on" : "the clock stood still") << "\n";
    });
}
