// SPDX-License-Identifier: BSL-1.0
//
// The same programs over std and over weft::green say the same.
#include "tests/support/api_fixture.hpp"
#include "tests/support/sanitized.hpp"

#include <weft/green.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft::test {

namespace over_std {
namespace threads = std;
#include "tests/green/programs.inc"
} // namespace over_std

namespace over_green {
namespace threads = weft::green;
#include "tests/green/programs.inc"
} // namespace over_green

namespace {

struct program {
    const char* name;
    std::string (*std_version)();
    std::string (*green_version)();
};

void PrintTo(const program& p, std::ostream* out) {
    *out << p.name;
}

class conformance : public testing::TestWithParam<program> {
  protected:
    // ThreadSanitizer hangs in a std::call_once that throws, and knows no clock of a timed lock.
    static bool tools_follow_std() {
        return !under_tsan || (GetParam().std_version != &over_std::once_and_at_exit &&
                               GetParam().std_version != &over_std::timed_waits);
    }
};

TEST_P(conformance, says_the_same_over_std_and_over_green) {
    if (!tools_follow_std()) {
        GTEST_SKIP() << "ThreadSanitizer does not follow std's version";
    }
    const std::string expected = GetParam().std_version();
    EXPECT_EQ(run(GetParam().green_version), expected);
    EXPECT_EQ(run({.debug = true}, GetParam().green_version), expected);
}

TEST_P(conformance, says_the_same_in_virtual_time) {
    if (GetParam().std_version == &over_std::timed_waits) {
        GTEST_SKIP() << "it measures by the real clock";
    }
    if (!tools_follow_std()) {
        GTEST_SKIP() << "ThreadSanitizer does not follow std's version";
    }
    EXPECT_EQ(run({.virtual_time = true}, GetParam().green_version), GetParam().std_version());
}

#define PROGRAM(name)                                                                              \
    program {                                                                                      \
#name, &over_std::name, &over_green::name                                                  \
    }
INSTANTIATE_TEST_SUITE_P(programs, conformance,
                         testing::Values(PROGRAM(bounded_buffer), PROGRAM(dining_philosophers),
                                         PROGRAM(readers_and_writers), PROGRAM(pipeline),
                                         PROGRAM(phases), PROGRAM(stopping), PROGRAM(timed_waits),
                                         PROGRAM(asynchronous), PROGRAM(once_and_at_exit),
                                         PROGRAM(recursion), PROGRAM(errors)),
                         [](const auto& test) { return std::string(test.param.name); });

} // namespace
} // namespace weft::test
