// SPDX-License-Identifier: BSL-1.0
//
// The smallest program: two tasks at once, one after the other in time. Prints "hello" and, a tenth
// of a second later, "world".
//
//     01_hello
#include <weft/weft.hpp>

#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;

int main() {
    weft::run([] {
        auto world = weft::spawn([] {
            weft::sleep_for(100ms); // blocks this task; the thread goes on with others
            std::puts("world");
        });
        std::puts("hello");
        world.get();
    });
}
