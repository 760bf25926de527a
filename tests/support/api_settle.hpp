// SPDX-License-Identifier: BSL-1.0
//
// For tests whose tasks must have come to where they wait, in whatever order they are taken.
#pragma once

#include <weft/weft.hpp>

#include <chrono>

namespace weft::test {

// Lets the others run until each of them waits for something, or for a later time: virtual time
// passes only when nothing is ready.
inline void settle() {
    sleep_for(std::chrono::nanoseconds(1));
}

} // namespace weft::test
