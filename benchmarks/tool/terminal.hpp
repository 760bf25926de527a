// SPDX-License-Identifier: BSL-1.0
// What is on the other end of stdout or stderr.
//
// Invariant: colours only go to a terminal that wants them (NO_COLOR unset, TERM not "dumb").
#pragma once

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace bench {

inline bool is_terminal(int fd) {
    const char* kind = std::getenv("TERM");
    return ::isatty(fd) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

inline bool wants_colour(int fd) {
    return is_terminal(fd) && std::getenv("NO_COLOR") == nullptr;
}

inline int terminal_width(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

} // namespace bench
