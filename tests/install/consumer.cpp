// SPDX-License-Identifier: BSL-1.0
// A program outside the tree, as a user would write it first: built with what pkg-config says of
// weft and nothing else.
#include <weft/weft.hpp>

#include <chrono>

int main() {
    const int answer = weft::run([] {
        auto task = weft::spawn([] {
            weft::sleep_for(std::chrono::milliseconds(1));
            return 42;
        });
        return task.get();
    });
    return answer == 42 ? 0 : 1;
}
