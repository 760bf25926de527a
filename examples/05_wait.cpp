// SPDX-License-Identifier: BSL-1.0
//
// What is done after two and a half seconds is used, the rest is cancelled. wait() itself cancels
// nothing and throws no task's error: it says which are done and which are not.
//
//     05_wait
#include <weft/weft.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::string search(const std::string& place, std::chrono::seconds effort) {
    weft::sleep_for(effort);
    return "nothing in " + place;
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        std::vector<weft::task<std::string>> searches;
        searches.push_back(weft::spawn(search, "the hall", 1s));
        searches.push_back(weft::spawn(search, "the attic", 5s));
        searches.push_back(weft::spawn(search, "the garden", 2s));

        const weft::wait_result result = weft::wait(searches, 2500ms);
        for (const std::size_t i : result.done) {
            std::cout << searches[i].get() << "\n";
        }
        for (const std::size_t i : result.pending) {
            searches[i].cancel();
            searches[i].wait(); // until it has really ended
            std::cout << "search " << i << (searches[i].cancelled() ? " cancelled" : " ended")
                      << "\n";
        }
    });
}
