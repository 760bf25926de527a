// SPDX-License-Identifier: BSL-1.0
// text: see the header.
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace bench {

std::string grouped(std::int64_t value) {
    std::string digits = std::to_string(value < 0 ? -value : value);
    for (std::size_t place = digits.size(); place > 3;) {
        place -= 3;
        digits.insert(place, 1, ',');
    }
    return value < 0 ? "-" + digits : digits;
}

std::string number(double value) {
    const double size = std::abs(value);
    if (size >= 99.95)
        return grouped(std::llround(value));
    if (size >= 9.995)
        return fmt::format("{:.1f}", value);
    if (size >= 0.0995 || size == 0)
        return size == 0 ? "0" : fmt::format("{:.2f}", value);
    return fmt::format("{:.3f}", value);
}

std::string cut(const std::string& text, int width) {
    const auto room = static_cast<std::size_t>(width) - 1; // one stays free
    return text.size() <= room ? text : text.substr(0, room - 1) + ".";
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0)
            text += i + 1 == parts.size() ? " and " : ", ";
        text += parts[i];
    }
    return text;
}

} // namespace bench
