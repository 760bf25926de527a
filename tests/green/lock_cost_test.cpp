// SPDX-License-Identifier: BSL-1.0
//
// That a green mutex which nobody else wants costs what std's costs. The cheapest of many short
// rounds counts, so that a busy machine does not.
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/green.hpp"

#include <algorithm>
#include <mutex>

namespace weft::test {
namespace {

using green_lock_cost = green_fixture;

template <class Mutex>
clock::duration cheapest_round(Mutex& m) {
    auto least = clock::duration::max();
    for (int round = 0; round < 300; ++round) {
        const auto begin = clock::now();
        for (int i = 0; i < 1'000; ++i) {
            m.lock();
            m.unlock();
        }
        least = std::min(least, clock::now() - begin);
    }
    return least;
}

TEST_F(green_lock_cost, of_an_uncontended_mutex_is_std_mutexs) {
    if (any_sanitizer) {
        GTEST_SKIP() << "the sanitizers make the one dearer than the other";
    }
    on_a_plain_thread([] {}); // from now on both need locked instructions
    run([] {
        green::mutex green;
        std::mutex of_std;
        const auto ours = cheapest_round(green);
        const auto theirs = cheapest_round(of_std);
        EXPECT_LT(ours, theirs * 3 / 2) << ours.count() << " and " << theirs.count() << " ps each";
    });
}

} // namespace
} // namespace weft::test
