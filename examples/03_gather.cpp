// SPDX-License-Identifier: BSL-1.0
//
// Several things at once, their results in order. The whole takes as long as the slowest part, not
// as long as the sum: prints "3 answers: one, 2, three" and the time, about 0.1 s.
//
//     03_gather
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

template <class T>
auto answer_after(std::chrono::milliseconds delay, T value) {
    return [delay, value] {
        weft::sleep_for(delay);
        return value;
    };
}

} // namespace

int main() {
    const auto start = weft::clock::now();
    const auto [one, two, three] = weft::run([] {
        return weft::gather(answer_after(100ms, std::string("one")), answer_after(20ms, 2),
                            answer_after(60ms, std::string("three")));
    });
    const std::chrono::duration<double> took = weft::clock::now() - start;
    std::cout << "3 answers: " << one << ", " << two << ", " << three << "\n";
    std::cout << (took < 175ms ? "at once" : "one after the other") << "\n";
}
