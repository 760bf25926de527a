// SPDX-License-Identifier: BSL-1.0
//
// Writing to a blocking descriptor: all of it, as the kernel does for a thread that waits, in as
// many tries as that takes.
#pragma once

#include "api/posix/descriptor_kinds.hpp"
#include "api/posix/descriptor_wait.hpp"
#include "api/posix/raw_calls.hpp"

#include <cstddef>

namespace weft::detail {

// attempt(done) writes what is behind the first `done` bytes, without blocking. What ends it after
// that is told by the next call.
template <class Attempt>
ssize_t write_whole(const char* name, int fd, std::size_t size, Attempt&& attempt) noexcept {
    ssize_t n = attempt(std::size_t{0});
    if (n >= 0 ? static_cast<std::size_t>(n) == size : errno != EAGAIN) [[likely]] {
        return n;
    }
    if (n == 0) { // sendfile(), at the end of its file
        return 0;
    }
    std::size_t done = n > 0 ? static_cast<std::size_t>(n) : 0;
    descriptor_wait wait(name, fd, reactor::direction::write, limit_option::sending);
    bool full = n < 0;
    while (full ? wait.next() : wait.blocks()) {
        // The kernel leaves an error that comes in the middle for the next call; a try would take
        // it.
        if (done > 0 && kind_of(fd) == descriptor_kind::socket &&
            (raw::poll_now(fd, POLLOUT) & (POLLERR | POLLHUP)) != 0) {
            break;
        }
        n = attempt(done);
        full = n < 0 && errno == EAGAIN;
        if (n < 0 && !full) {
            break;
        }
        if (n >= 0) {
            wait.progressed();
            done += static_cast<std::size_t>(n);
            if (n == 0 || done >= size) {
                return static_cast<ssize_t>(done);
            }
        }
    }
    return done > 0 ? static_cast<ssize_t>(done) : -1;
}

} // namespace weft::detail
