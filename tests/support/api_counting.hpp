// SPDX-License-Identifier: BSL-1.0
//
// A generator of numbers, for the tests of generators.
#pragma once

#include <weft/generator.hpp>

#include <vector>

namespace weft::test {

using ints = generator<int>;

inline ints count_to(int last) {
    return ints([last](ints::sink& out) {
        for (int i = 1; i <= last; ++i) {
            out(i);
        }
    });
}

inline std::vector<int> read_all(ints& g) {
    std::vector<int> all;
    for (const int i : g) {
        all.push_back(i);
    }
    return all;
}

} // namespace weft::test
