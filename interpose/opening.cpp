// SPDX-License-Identifier: BSL-1.0
//
// Opening by a name, which waits when the name is a FIFO's.
#include "interpose/hook.hpp"

#include <cstdarg>

#include <fcntl.h>

using weft::detail::forget_descriptor_kind;
using weft::detail::may_suspend;
using weft::interpose::main_state;
using weft::interpose::state_of_main;

namespace {

bool has_mode(int flags) noexcept {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

bool is_cooperative() noexcept {
    return may_suspend() && state_of_main() == main_state::elsewhere;
}

int made(int fd) noexcept {
    if (fd >= 0) {
        forget_descriptor_kind(fd);
    }
    return fd;
}

} // namespace

// `extra`: what the plain function does not say, such as O_LARGEFILE, which is nothing here.
#define WEFT_OPEN(symbol)                                                                          \
    WEFT_DEFINE(int, symbol, (const char* path, int flags, ...)) {                                 \
        mode_t mode = 0;                                                                           \
        if (has_mode(flags)) {                                                                     \
            std::va_list arguments;                                                                \
            va_start(arguments, flags);                                                            \
            mode = va_arg(arguments, mode_t);                                                      \
            va_end(arguments);                                                                     \
        }                                                                                          \
        return is_cooperative()                                                                    \
                   ? weft::posix::open(path, flags, mode)                                          \
                   : made(WEFT_ORIGINAL(int, symbol,                                               \
                                        (const char*, int, mode_t))::call(path, flags, mode));     \
    }
WEFT_OPEN(open)
WEFT_OPEN(open64)
WEFT_OPEN(__open)
WEFT_OPEN(__open64)

#define WEFT_OPENAT(symbol)                                                                        \
    WEFT_DEFINE(int, symbol, (int folder, const char* path, int flags, ...)) {                     \
        mode_t mode = 0;                                                                           \
        if (has_mode(flags)) {                                                                     \
            std::va_list arguments;                                                                \
            va_start(arguments, flags);                                                            \
            mode = va_arg(arguments, mode_t);                                                      \
            va_end(arguments);                                                                     \
        }                                                                                          \
        return is_cooperative()                                                                    \
                   ? weft::posix::openat(folder, path, flags, mode)                                \
                   : made(WEFT_ORIGINAL(int, symbol, (int, const char*, int, mode_t))::call(       \
                         folder, path, flags, mode));                                              \
    }
WEFT_OPENAT(openat)
WEFT_OPENAT(openat64)

// Called where the compiler sees that there is no mode; libc's ends the program if one is needed.
#define WEFT_OPEN_2(symbol)                                                                        \
    WEFT_DEFINE(int, symbol, (const char* path, int flags)) {                                      \
        return is_cooperative() && !has_mode(flags)                                                \
                   ? weft::posix::open(path, flags)                                                \
                   : made(WEFT_ORIGINAL(int, symbol, (const char*, int))::call(path, flags));      \
    }
WEFT_OPEN_2(__open_2)
WEFT_OPEN_2(__open64_2)

#define WEFT_OPENAT_2(symbol)                                                                      \
    WEFT_DEFINE(int, symbol, (int folder, const char* path, int flags)) {                          \
        return is_cooperative() && !has_mode(flags)                                                \
                   ? weft::posix::openat(folder, path, flags)                                      \
                   : made(WEFT_ORIGINAL(int, symbol, (int, const char*, int))::call(folder, path,  \
                                                                                    flags));       \
    }
WEFT_OPENAT_2(__openat_2)
WEFT_OPENAT_2(__openat64_2)

WEFT_DEFINE(int, creat, (const char* path, mode_t mode)) {
    return weft_hook_open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
WEFT_DEFINE(int, creat64, (const char* path, mode_t mode)) {
    return weft_hook_open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
