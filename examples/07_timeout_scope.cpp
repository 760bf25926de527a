// SPDX-License-Identifier: BSL-1.0
//
// A time limit around a piece of this task, which may move it: here a limit on silence. Every chunk
// that arrives puts the deadline a second further, so a long answer is fine and a stalled one is
// not.
//
//     07_timeout_scope
#include <weft/weft.hpp>

#include <chrono>
#include <initializer_list>
#include <iostream>

using namespace std::chrono_literals;

namespace {

using pauses = std::initializer_list<std::chrono::milliseconds>;

// Receives a chunk after each of the pauses. Returns how many came before the line fell silent.
int receive(pauses line) {
    int received = 0;
    try {
        weft::with_timeout(1s, [&](weft::timeout_scope& silence) {
            for (const auto pause : line) {
                weft::sleep_for(pause);
                ++received;
                silence.reschedule(weft::running_loop().time() + 1s);
            }
        });
        std::cout << "complete: ";
    } catch (const weft::timeout_error&) {
        std::cout << "silent for a second: ";
    }
    return received;
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        std::cout << receive({900ms, 900ms, 900ms, 900ms}) << " chunks\n"; // 3.6 s in all
        std::cout << receive({200ms, 200ms, 1500ms, 200ms}) << " chunks\n";
    });
}
