// SPDX-License-Identifier: BSL-1.0
//
// A program that knows nothing of weft. Each of its parts prints what it sees of the system; the
// test runs each bare and under weft-run and expects the same.
#include "tests/interpose/probe.hpp"

#include <cstdio>
#include <cstring>

int main(int argc, char** argv, char** environment) {
    if (argc < 2) {
        for (const auto& p : weft::test::parts()) {
            std::puts(p.name);
        }
        return 0;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    for (const auto& p : weft::test::parts()) {
        if (std::strcmp(p.name, argv[1]) == 0) {
            return p.run({argc, argv, environment});
        }
    }
    std::fprintf(stderr, "no part %s\n", argv[1]);
    return 2;
}
