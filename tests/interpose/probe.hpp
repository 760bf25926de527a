// SPDX-License-Identifier: BSL-1.0
//
// The parts of the probe, each a function that returns main's status.
#pragma once

#include <vector>

namespace weft::test {

struct arguments {
    int count;
    char** values;
    char** environment;
};

struct part {
    const char* name;
    int (*run)(const arguments&);
};

std::vector<part>& parts();

// Adds a part before main.
struct add_part {
    add_part(const char* name, int (*run)(const arguments&)) { parts().push_back({name, run}); }
};

} // namespace weft::test

#define PROBE(name)                                                                                \
    static int probe_##name(const weft::test::arguments&);                                         \
    static const weft::test::add_part add_##name(#name, &probe_##name);                            \
    static int probe_##name([[maybe_unused]] const weft::test::arguments& given)
