// SPDX-License-Identifier: BSL-1.0
// paragraph: see the header.
#include "benchmarks/tool/paragraph.hpp"

#include <algorithm>

namespace bench {

std::string wrapped(std::string_view text, std::size_t width, std::string_view first,
                    std::string_view indent) {
    std::string out;
    std::string_view before = first;
    while (!text.empty()) {
        const std::size_t room = width > before.size() ? width - before.size() : 1;
        std::size_t end = text.size();
        if (end > room) {
            end = text.rfind(' ', room);
            if (end == std::string_view::npos || end == 0)
                end = std::min(text.find(' '), text.size());
        }
        out += before;
        out += text.substr(0, end);
        out += '\n';
        text.remove_prefix(std::min(text.size(), end + 1));
        before = indent;
    }
    return out;
}

} // namespace bench
