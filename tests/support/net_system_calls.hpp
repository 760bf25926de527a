// SPDX-License-Identifier: BSL-1.0
//
// The program's own epoll_ctl in front of libc's: it counts what libev tells the kernel, and
// refuses a call when a test wants to see what happens then. Only for programs that link libev
// directly.
#pragma once

#include <cstddef>

namespace weft::test {

// Calls so far, of all threads.
std::size_t epoll_ctl_calls() noexcept;
std::size_t timerfd_settime_calls() noexcept;

// While it lives, adding `fd` (-1: anything) to an epoll set fails with this error.
class refuse_to_watch {
  public:
    refuse_to_watch(int fd, int error_number) noexcept;
    ~refuse_to_watch();
    refuse_to_watch(const refuse_to_watch&) = delete;
    refuse_to_watch& operator=(const refuse_to_watch&) = delete;

    static constexpr int any = -1;
};

} // namespace weft::test
