// SPDX-License-Identifier: BSL-1.0
//
// Results in the order in which they come, not in which they were asked for. Prints the fastest
// mirror first.
//
//     04_as_completed
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::string ask(const std::string& mirror, std::chrono::milliseconds distance) {
    weft::sleep_for(distance);
    return mirror + " answered after " + std::to_string(distance.count()) + " ms";
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        std::vector<weft::task<std::string>> answers;
        answers.push_back(weft::spawn(ask, "Sydney", 310ms));
        answers.push_back(weft::spawn(ask, "Frankfurt", 20ms));
        answers.push_back(weft::spawn(ask, "Boston", 110ms));

        for (auto& answer : weft::as_completed(answers)) {
            std::cout << answer.get() << "\n";
        }
    });
}
