// SPDX-License-Identifier: BSL-1.0
//
// One call with a time limit, tried again with more patience. When the limit passes, the call is
// cancelled, and wait_for returns only when it has ended: nothing goes on behind its back.
//
//     06_wait_for
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

// A service that needs three seconds.
std::string forecast() {
    weft::sleep_for(3s);
    return "sunny";
}

std::string forecast_with_patience() {
    for (auto limit = 1s; limit < 10s; limit *= 2) {
        try {
            return weft::wait_for(forecast, limit);
        } catch (const weft::timeout_error&) {
            std::cout << "no answer within " << limit.count() << " s\n";
        }
    }
    return "unknown";
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] { std::cout << forecast_with_patience() << "\n"; });
}
