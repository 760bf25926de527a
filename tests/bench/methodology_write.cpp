// SPDX-License-Identifier: BSL-1.0
// Writes the section of the scenarios anew.
//
//     methodology_write docs/benchmark-methodology.md
#include "tests/bench/methodology.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: methodology_write docs/benchmark-methodology.md\n", stderr);
        return 2;
    }
    std::stringstream document;
    document << std::ifstream(argv[1]).rdbuf();
    try {
        const std::string written = bench_test::with_section(document.str());
        std::ofstream(argv[1], std::ios::trunc) << written;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[1], error.what());
        return 1;
    }
    return 0;
}
