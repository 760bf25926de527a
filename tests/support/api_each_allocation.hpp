// SPDX-License-Identifier: BSL-1.0
//
// Repeats a call with each of its allocations failing once, and checks that nothing is left of it.
#pragma once

#include "tests/support/api_failing_new.hpp"
#include "tests/support/api_fixture.hpp"

#include <new>
#include <string>

namespace weft::test {

// Calls f with this thread's first allocation failing, then with its second, and so on; returns how
// many there were. The call then either throws std::bad_alloc or spawn_error, or does without.
template <class F>
int for_each_allocation(F f) {
    f(); // what is made once and kept is there
    for (int nth = 1;; ++nth) {
        SCOPED_TRACE("allocation " + std::to_string(nth));
        const auto descriptors = listed_descriptors();
        bool failed = false;
        failing_new once(nth);
        try {
            f();
        } catch (const std::bad_alloc&) {
            failed = true;
        } catch (const spawn_error&) {
            failed = true;
        }
        once.stop();
        if (!once.struck()) {
            EXPECT_FALSE(failed);
            return nth - 1;
        }
        EXPECT_EQ(listed_descriptors(), descriptors);
        EXPECT_EQ(all_tasks().size(), 1U);
        if (testing::Test::HasFailure()) {
            return nth;
        }
    }
}

} // namespace weft::test
