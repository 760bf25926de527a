// SPDX-License-Identifier: BSL-1.0
// Which figures are percentiles of a latency, by their ids: "p50_us", "p99", "p99.9_us", "p999_us".
//
// Invariant: a percentile lies below 100; p999 is 99.9.
#pragma once

#include "benchmarks/scenarios/scenario.hpp"

#include <cctype>
#include <cstdlib>
#include <optional>
#include <string>

namespace bench {

inline std::optional<double> percentile(const figure& self) {
    const std::string& id = self.id;
    if (id.size() < 2 || id[0] != 'p' || !std::isdigit(static_cast<unsigned char>(id[1])))
        return std::nullopt;
    char* end = nullptr;
    double value = std::strtod(id.c_str() + 1, &end);
    if (*end != '\0' && *end != '_')
        return std::nullopt;
    while (value >= 100)
        value /= 10;
    return value;
}

} // namespace bench
