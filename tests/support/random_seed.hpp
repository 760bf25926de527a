// SPDX-License-Identifier: BSL-1.0
//
// The seed of a test with random choices: a fixed one, so that a run can be repeated, or what
// WEFT_TEST_SEED says.
#pragma once

#include <cstdlib>
#include <string>

namespace weft::test {

inline unsigned random_seed() {
    const char* given = std::getenv("WEFT_TEST_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 1;
}

// For SCOPED_TRACE, so that a failure says how to see it again.
inline std::string seed_note(unsigned seed) {
    return "repeat with WEFT_TEST_SEED=" + std::to_string(seed);
}

} // namespace weft::test
