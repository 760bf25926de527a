// SPDX-License-Identifier: BSL-1.0
//
// Tasks that belong together. The group returns when all its tasks have ended; when one fails, the
// others are cancelled, and every failure arrives, in one exception_group.
//
//     09_task_group
#include <weft/weft.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace {

int price_of(const std::string& thing) {
    weft::sleep_for(20ms);
    if (thing == "unicorn") {
        throw std::runtime_error("no price for a unicorn");
    }
    return static_cast<int>(thing.size());
}

void watch_the_door() {
    try {
        weft::sleep_for(24h);
    } catch (const weft::cancelled&) {
        std::cout << "the door is not watched any more\n";
        throw;
    }
}

int buy(const std::string& first, const std::string& second) {
    return weft::with_task_group([&](weft::task_group& group) {
        auto door = group.spawn(watch_the_door);
        auto one = group.spawn(price_of, first);
        auto two = group.spawn(price_of, second);
        const int total = one.get() + two.get();
        door.cancel();
        return total;
    });
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        const int total = buy("bread", "milk");
        std::cout << "total: " << total << "\n";
        try {
            buy("bread", "unicorn");
        } catch (const weft::exception_group& failures) {
            for (const std::exception_ptr& failure : failures.exceptions()) {
                try {
                    std::rethrow_exception(failure);
                } catch (const std::exception& e) {
                    std::cout << "failed: " << e.what() << "\n";
                }
            }
        }
    });
}
