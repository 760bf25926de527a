// SPDX-License-Identifier: BSL-1.0
// A program outside the tree whose libc calls are weft's: built with what pkg-config says of
// weft-interpose. The sleep of one task lets the other one run, or the answer comes too late.
#include <weft/weft.hpp>

#include <unistd.h>

int main() {
    bool other_ran = false;
    weft::run([&] {
        const auto other = weft::spawn([&] { other_ran = true; });
        ::usleep(1000);
    });
    return other_ran ? 0 : 1;
}
