// SPDX-License-Identifier: BSL-1.0
//
// What is said to a socket, and asked of it, in the words of the system.
#pragma once

#include <weft/endpoint.hpp>

#include <cerrno>
#include <system_error>

#include <sys/socket.h>

namespace weft::detail {

// For options that a socket can do without: a system that does not know one is no error.
inline void set_flag(int fd, int level, int option, int value = 1) noexcept {
    ::setsockopt(fd, level, option, &value, sizeof(value));
}

// getsockname or getpeername.
using endpoint_question = int(int, ::sockaddr*, unsigned*);

// Throws std::system_error naming the call.
inline endpoint endpoint_of(int fd, endpoint_question* question, const char* call) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (question(fd, reinterpret_cast<::sockaddr*>(&address), &size) != 0) {
        throw std::system_error(errno, std::system_category(), call);
    }
    return endpoint::from(reinterpret_cast<const ::sockaddr*>(&address), size);
}

} // namespace weft::detail
