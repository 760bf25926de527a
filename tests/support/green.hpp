// SPDX-License-Identifier: BSL-1.0
//
// For tests of the green primitives: that nobody is left waiting, and std's errors by their codes.
#pragma once

#include "tests/support/api_fixture.hpp"

#include <weft/detail/parking.hpp>
#include <weft/green.hpp>

#include <future>
#include <string>
#include <system_error>
#include <utility>

namespace weft::test {

class green_fixture : public api_test {
  protected:
    void TearDown() override {
        EXPECT_FALSE(detail::anyone_parked());
        api_test::TearDown();
    }
};

// The code and text of the std::system_error that f throws.
template <class F>
std::pair<std::errc, std::string> system_error_of(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        return {static_cast<std::errc>(e.code().value()), e.what()};
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

template <class F>
std::error_code future_error_of(F f) {
    try {
        f();
    } catch (const std::future_error& e) {
        return e.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

// Runs f on a thread of its own, without a loop.
template <class F>
void on_a_plain_thread(F f) {
    std::thread(std::move(f)).join();
}

} // namespace weft::test
