// SPDX-License-Identifier: BSL-1.0
//
// The same two jobs one after the other and at once. The time is virtual: the loop's clock jumps
// from one deadline to the next, so that the program ends at once and its times are exact. With any
// argument it takes the real ones. Prints "one after the other: 3 s" and "at once: 2 s".
//
//     02_sequential_concurrent
//     02_sequential_concurrent real
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

namespace {

void boil_water() {
    weft::sleep_for(2s);
}

void toast_bread() {
    weft::sleep_for(1s);
}

void one_after_the_other() {
    boil_water();
    toast_bread();
}

void at_once() {
    auto toast = weft::spawn(toast_bread); // starts when this task blocks
    boil_water();
    toast.get(); // has long been done
}

std::chrono::seconds time_of(void (*breakfast)()) {
    const weft::loop& loop = weft::running_loop();
    const auto start = loop.time();
    breakfast();
    return std::chrono::duration_cast<std::chrono::seconds>(loop.time() - start);
}

} // namespace

int main(int argc, char** /*argv*/) {
    weft::run({.virtual_time = argc == 1}, [] {
        std::cout << "one after the other: " << time_of(one_after_the_other).count() << " s\n";
        std::cout << "at once: " << time_of(at_once).count() << " s\n";
    });
}
