// SPDX-License-Identifier: BSL-1.0
//
// Cancelling a task, and cleaning up in it. The cancel arrives as an exception at the next blocking
// call; destructors run, cleanup may block, and whoever waits for the task sees `cancelled`.
//
//     08_cancellation
#include <weft/weft.hpp>

#include <chrono>
#include <functional>
#include <iostream>

using namespace std::chrono_literals;

namespace {

class scratch_file {
  public:
    ~scratch_file() { std::cout << "scratch file removed\n"; }
};

void copy_everything(int& copied) {
    const scratch_file scratch;
    try {
        for (;;) {
            weft::sleep_for(100ms); // one block
            ++copied;
        }
    } catch (const weft::cancelled& reason) {
        std::cout << "cancelled: " << reason.message() << "\n";
        weft::sleep_for(10ms); // cleanup may block: the cancel is delivered once
        std::cout << "log written\n";
        throw; // not swallowed: the task ends as cancelled
    }
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        int copied = 0;
        auto copy = weft::spawn(copy_everything, std::ref(copied));
        weft::sleep_for(350ms);
        copy.cancel("the user has changed their mind");
        try {
            copy.get();
        } catch (const weft::cancelled&) {
            std::cout << copied << " blocks copied before the end\n";
        }
    });
}
