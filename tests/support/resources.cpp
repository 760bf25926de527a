// SPDX-License-Identifier: BSL-1.0
#include "tests/support/resources.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace weft::test {

std::size_t open_descriptors() {
    namespace fs = std::filesystem;
    const fs::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(fs::begin(all), fs::end(all))) - 1;
}

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t memory_mappings() {
    std::ifstream file("/proc/self/maps");
    return static_cast<std::size_t>(
        std::count(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>(), '\n'));
}

std::size_t map_limit() {
    std::ifstream file("/proc/sys/vm/max_map_count");
    std::size_t limit = 0;
    file >> limit;
    return limit;
}

} // namespace weft::test
