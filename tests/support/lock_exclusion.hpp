// SPDX-License-Identifier: BSL-1.0
//
// What every mutex is for: one task at a time is inside, also where it waits there.
#pragma once

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <vector>

namespace weft::test {

template <class Mutex>
void expect_one_task_inside_at_a_time() {
    Mutex m;
    int inside = 0;
    int passed = 0;
    std::vector<task<void>> tasks;
    for (int i = 0; i < 20; ++i) {
        tasks.push_back(spawn([&, i] {
            for (int round = 0; round < 5; ++round) {
                const std::lock_guard guard(m);
                EXPECT_EQ(++inside, 1);
                i % 2 == 0 ? yield() : sleep_for(std::chrono::milliseconds(1));
                --inside;
                ++passed;
            }
        }));
    }
    for (auto& t : tasks) {
        t.get();
    }
    EXPECT_EQ(passed, 100);
}

} // namespace weft::test
