// SPDX-License-Identifier: BSL-1.0
// A thread for each connection: the loop that accepts. A thread that the system refuses ends the
// server, which says so: its measurement is a failure with a reason, not a figure.
#pragma once

#include "benchmarks/peers/http_answer.hpp"

#include <cstdio>
#include <gnu/libc-version.h>
#include <string>
#include <system_error>
#include <thread>

namespace peers {

inline int thread_each(void (*serve)(int fd)) {
    const listening_socket listener;
    announce("std::thread", (std::string("glibc-") + gnu_get_libc_version()).c_str(),
             listener.port());
    for (int started = 0;;) {
        const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        send_at_once(fd);
        try {
            std::thread(serve, fd).detach();
            ++started;
        } catch (const std::system_error& error) {
            std::fprintf(stderr, "no thread after %d connections: %s\n", started, error.what());
            return 1;
        }
    }
}

} // namespace peers
