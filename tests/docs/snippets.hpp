// SPDX-License-Identifier: BSL-1.0
// What the code in the documents takes for granted: the standard headers, and the functions that
// their texts mention and do not define. Nothing of it is ever run.
#pragma once

#include <weft/weft.hpp>

#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

inline std::string fetch(std::string url) {
    return url;
}
inline std::vector<weft::task<std::string>> start_some() {
    return {};
}
inline std::string read_slowly(const std::string& path) {
    return path;
}
inline void step() {}
inline void write_log() {}
inline void work() {}
inline void roll_back() {}
inline void compute_one_row() {}

inline const std::string path;
