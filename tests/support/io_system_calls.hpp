// SPDX-License-Identifier: BSL-1.0
//
// The program's own recv, send, pread and so on in front of libc's, so that a test decides what the
// kernel says: libweft's calls come through here as the program's do. While no hook lives they do
// nothing but pass on.
#pragma once

#include <cstddef>
#include <functional>

namespace weft::test {

enum class system_call {
    accept4,
    close,
    connect,
    epoll_ctl,
    fstat,
    fsync,
    open,
    pread,
    preadv2,
    pwrite,
    pwritev2,
    read,
    recv,
    send,
    sendmsg,
    socket,
    write,
};

const char* name_of(system_call c) noexcept;

// While it lives, `before` is asked at every such call of any thread but those that it makes
// itself. One at a time.
class system_call_hook {
  public:
    struct call {
        system_call which;
        int fd;           // -1 where there is none yet
        std::size_t size; // of the buffer; lower it to shorten what is transferred
        int flags;        // of open, preadv2, pwritev2
        const char* path; // of open
    };
    // Returns 0, or the error number to fail with.
    using function = std::function<int(call&)>;

    explicit system_call_hook(function before);
    ~system_call_hook();
    system_call_hook(const system_call_hook&) = delete;
    system_call_hook& operator=(const system_call_hook&) = delete;
};

} // namespace weft::test
