// SPDX-License-Identifier: BSL-1.0
//
// The program's own recv, sendto, epoll_ctl and epoll_wait in front of libc's: they count what the
// library asks of the kernel. For a program of its own, which shows its symbols to libraries.
#pragma once

#include <cstddef>

namespace weft::test {

struct call_counts {
    std::size_t recv = 0;
    std::size_t epoll_ctl = 0;
    std::size_t epoll_wait = 0;
};

// Calls so far, of all threads.
call_counts calls() noexcept;

// The next `count` calls of sendto say ENOBUFS.
void refuse_sendto(int count) noexcept;

} // namespace weft::test
