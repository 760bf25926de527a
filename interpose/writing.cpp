// SPDX-License-Identifier: BSL-1.0
//
// write() and its kin, and what moves bytes within the kernel.
#include "interpose/hook.hpp"

#include <cstdint>

#include <sys/uio.h>

using std::size_t;

WEFT_HOOK(sending, ssize_t, write, write, (int fd, const void* data, size_t size), (fd, data, size))
WEFT_HOOK(sending, ssize_t, __write, write, (int fd, const void* data, size_t size),
          (fd, data, size))
WEFT_HOOK(sending, ssize_t, writev, writev, (int fd, const iovec* data, int count),
          (fd, data, count))
WEFT_HOOK(sending, ssize_t, pwrite, pwrite, (int fd, const void* data, size_t size, off_t at),
          (fd, data, size, at))
WEFT_HOOK(sending, ssize_t, pwrite64, pwrite, (int fd, const void* data, size_t size, off_t at),
          (fd, data, size, at))
WEFT_HOOK(sending, ssize_t, __pwrite64, pwrite, (int fd, const void* data, size_t size, off_t at),
          (fd, data, size, at))
WEFT_HOOK(sending, ssize_t, pwritev, pwritev, (int fd, const iovec* data, int count, off_t at),
          (fd, data, count, at))
WEFT_HOOK(sending, ssize_t, pwritev64, pwritev, (int fd, const iovec* data, int count, off_t at),
          (fd, data, count, at))
WEFT_HOOK(sending, ssize_t, pwritev2, pwritev2,
          (int fd, const iovec* data, int count, off_t at, int flags), (fd, data, count, at, flags))
WEFT_HOOK(sending, ssize_t, pwritev64v2, pwritev2,
          (int fd, const iovec* data, int count, off_t at, int flags), (fd, data, count, at, flags))

// libc's own writes by an inner name.
WEFT_DEFINE(int, eventfd_write, (int fd, std::uint64_t value)) {
    return weft_hook_write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

WEFT_HOOK(sending, ssize_t, sendfile, sendfile, (int out, int in, off_t* at, size_t size),
          (out, in, at, size))
WEFT_HOOK(sending, ssize_t, sendfile64, sendfile, (int out, int in, off_t* at, size_t size),
          (out, in, at, size))
WEFT_HOOK(sending, ssize_t, splice, splice,
          (int in, loff_t* in_at, int out, loff_t* out_at, size_t size, unsigned flags),
          (in, in_at, out, out_at, size, flags))
WEFT_HOOK(sending, ssize_t, tee, tee, (int in, int out, size_t size, unsigned flags),
          (in, out, size, flags))
WEFT_HOOK(sending, ssize_t, vmsplice, vmsplice,
          (int fd, const iovec* data, size_t count, unsigned flags), (fd, data, count, flags))
WEFT_HOOK(in_thread, ssize_t, copy_file_range, copy_file_range,
          (int in, loff_t* in_at, int out, loff_t* out_at, size_t size, unsigned flags),
          (in, in_at, out, out_at, size, flags))
