// SPDX-License-Identifier: BSL-1.0
// Running text for a terminal.
//
// Invariant: no line is wider than asked for, unless a single word is.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// wrapped breaks at spaces. `first` stands before the first line, `indent` before all others.
std::string wrapped(std::string_view text, std::size_t width, std::string_view first = "",
                    std::string_view indent = "");

} // namespace bench
