// SPDX-License-Identifier: BSL-1.0
//
// For tests of waiting for an address: short ways to say it, and that nobody is left waiting.
#pragma once

#include "tests/support/api_fixture.hpp"

#include <weft/detail/parking.hpp>

#include <thread>

namespace weft::test {

class parking_fixture : public api_test {
  protected:
    void TearDown() override {
        EXPECT_FALSE(detail::anyone_parked());
        api_test::TearDown();
    }
    const char word = 0; // the address
};

inline constexpr auto always = [] { return true; };

inline detail::parking_place at(const void* address,
                                clock::time_point deadline = clock::time_point::max()) {
    return {.call = "test", .address = address, .deadline = deadline};
}

inline detail::park_result park_at(const void* address) {
    return detail::park(at(address), always);
}

// For another thread than the waiter's.
inline void wake_one_as_soon_as_it_is_there(const void* address) {
    while (detail::unpark_one(address) == 0) {
        std::this_thread::yield();
    }
}

} // namespace weft::test
