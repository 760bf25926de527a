// SPDX-License-Identifier: BSL-1.0
//
// A stream of values, made one at a time as they are asked for. The generator's body is ordinary
// code on a stack of its own: it may block, call functions that yield for it, and hold resources;
// leaving the loop early unwinds it.
//
//     16_generator
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

namespace {

using readings = weft::generator<int>;

class sensor {
  public:
    sensor() { std::cout << "sensor on\n"; }
    ~sensor() { std::cout << "sensor off\n"; }
    int read() {
        weft::sleep_for(1s); // waits for the next measurement
        return temperature_ += 3;
    }

  private:
    int temperature_ = 10;
};

readings temperatures() {
    return readings([](readings::sink& out) {
        sensor thermometer;
        for (;;) {
            out(thermometer.read());
        }
    });
}

// A generator over a generator: the mean of each two neighbours.
readings smoothed() {
    return readings([](readings::sink& out) {
        int before = 0;
        for (const int now : temperatures()) {
            if (before != 0) {
                out((before + now) / 2);
            }
            before = now;
        }
    });
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        for (const int degrees : smoothed()) {
            std::cout << degrees << " degrees\n";
            if (degrees > 20) {
                break;
            }
        }
        std::cout << "warm enough\n";
    });
}
