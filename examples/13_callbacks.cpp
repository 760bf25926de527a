// SPDX-License-Identifier: BSL-1.0
//
// The bridge from callbacks: a library that reports back by calling a function becomes a call that
// blocks. The future is what both sides hold. Also: timers, and a callback at a future's end.
//
//     13_callbacks
#include <weft/weft.hpp>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace {

// As a library made for an event loop would have it: returns at once, calls back later.
void look_up(const std::string& name, const std::function<void(std::string)>& answer) {
    weft::running_loop().call_later(50ms, [name, answer] { answer("10.0.0." + name); });
}

// The same, for people.
std::string address_of(const std::string& name) {
    weft::future<std::string> answer;
    look_up(name, [answer](std::string address) mutable {
        answer.try_set_result(std::move(address)); // try: the waiter may have been cancelled
    });
    return answer.get();
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        std::cout << address_of("7") << "\n";

        weft::future<int> dice;
        dice.add_done_callback([](const weft::future<int>& thrown) {
            std::cout << "callback: " << thrown.result() << "\n"; // must not block
        });
        weft::running_loop().call_soon([dice]() mutable { dice.set_result(6); });
        const int value = dice.get(); // callbacks first: they were there first
        std::cout << "waited for: " << value << "\n";

        auto never = weft::running_loop().call_later(1h, [] { std::cout << "an hour later\n"; });
        never.cancel();
    });
}
