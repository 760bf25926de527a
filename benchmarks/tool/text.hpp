// SPDX-License-Identifier: BSL-1.0
// Numbers as people read them, the same in the table and in the page.
//
// Invariant: three significant digits at least, thousands grouped, no exponents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

std::string grouped(std::int64_t value);                   // 12,345
std::string number(double value);                          // 12,345  123  12.3  1.23  0.012
std::string cut(const std::string& text, int width);       // to stand in a column: "a long na."
std::string joined(const std::vector<std::string>& parts); // "a, b and c"

} // namespace bench
