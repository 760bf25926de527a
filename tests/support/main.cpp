// SPDX-License-Identifier: BSL-1.0
//
// main() of every gtest program: death tests run in a fresh process, which is what programs with
// threads and fibers need.
#include <gtest/gtest.h>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    return RUN_ALL_TESTS();
}
