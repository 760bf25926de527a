// SPDX-License-Identifier: BSL-1.0
//
// What tests of task groups share: children that fail, and what a group is left with.
#pragma once

#include "tests/support/api_fixture.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {

[[noreturn]] inline void fail_with(const char* text) {
    throw std::runtime_error(text);
}

using texts = std::vector<std::string>;

// The texts of the failures that f leaves with as a group, in order; fails the test otherwise.
template <class F>
texts failures_of(F&& f) {
    texts all;
    try {
        f();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const exception_group& group) {
        for (const auto& e : group.exceptions()) {
            all.push_back(end_of([&] { std::rethrow_exception(e); }));
        }
    }
    return all;
}

} // namespace weft::test
