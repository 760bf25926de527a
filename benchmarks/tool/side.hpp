// SPDX-License-Identifier: BSL-1.0
// The sides of the comparison.
//
// Invariant: `fibers` and `threads` run the same handler (handler.hpp) behind the same protocol and
// differ only in what carries a connection. `sockets` carries none: it accepts and holds, so that
// the kernel's cost of the bare connections can be told from the cost of what waits on them.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

enum class side { fibers, threads, sockets };

inline constexpr std::array compared_sides{side::fibers, side::threads};

constexpr std::string_view name_of(side which) {
    switch (which) {
    case side::fibers:
        return "fibers";
    case side::threads:
        return "threads";
    case side::sockets:
        return "sockets";
    }
    return "?";
}

constexpr std::size_t index_of(side which) {
    return static_cast<std::size_t>(which);
}

inline side side_named(std::string_view name) {
    for (const side which : {side::fibers, side::threads, side::sockets})
        if (name == name_of(which))
            return which;
    throw std::invalid_argument("no side is called '" + std::string(name) + "'");
}

} // namespace bench
