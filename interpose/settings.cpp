// SPDX-License-Identifier: BSL-1.0
//
// What changes how a descriptor blocks. The calls are libc's; weft takes note, so that tasks which
// use a socket again and again need not ask each time what it is like.
#include "interpose/hook.hpp"

#include <cstdarg>

#include <sys/ioctl.h>
#include <sys/socket.h>

namespace {

[[maybe_unused]] const bool seen = (weft::detail::see_descriptor_changes(), true);

// Time limits have two numbers, for the two sizes of time_t.
bool is_time_limit(int level, int option) noexcept {
    constexpr int receiving_64 = 66;
    constexpr int sending_64 = 67;
    return level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO ||
                                   option == receiving_64 || option == sending_64);
}

} // namespace

WEFT_DEFINE(int, setsockopt, (int fd, int level, int option, const void* value, socklen_t size)) {
    const int result =
        WEFT_ORIGINAL(int, setsockopt, (int, int, int, const void*, socklen_t))::call(
            fd, level, option, value, size);
    if (is_time_limit(level, option)) {
        weft::detail::note_changed_settings();
    }
    return result;
}

WEFT_DEFINE(int, ioctl, (int fd, unsigned long request, ...)) {
    std::va_list arguments;
    va_start(arguments, request);
    void* argument = va_arg(arguments, void*);
    va_end(arguments);
    const int result =
        WEFT_ORIGINAL(int, ioctl, (int, unsigned long, void*))::call(fd, request, argument);
    if (request == FIONBIO) {
        weft::detail::note_changed_settings();
    }
    return result;
}
