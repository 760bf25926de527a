// SPDX-License-Identifier: BSL-1.0
//
// Ten jobs, never more than three at a time: four rounds of a second. Prints the most that ran at
// once, and the time.
//
//     10_semaphore
#include <weft/weft.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

using namespace std::chrono_literals;

int main() {
    weft::run({.virtual_time = true}, [] {
        weft::semaphore slots(3);
        int running = 0;
        int most = 0;
        const auto job = [&] {
            const weft::permit slot(slots); // given back at the end of the scope, however it ends
            most = std::max(most, ++running);
            weft::sleep_for(1s);
            --running;
        };

        const auto start = weft::running_loop().time();
        weft::gather(std::vector(10, job));
        const auto took = weft::running_loop().time() - start;
        std::cout << "at most " << most << " at once, "
                  << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s\n";
    });
}
